import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../src/errors'
import { noCloudSeed } from '../../../src/access/nocloud'
import { reportPaths } from '../../../src/report/folder/report-paths'
import { blocksIn } from './markdown'

const readme = readFileSync('README.md', 'utf8')
const project = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> }

// The rows of the table whose first column has this heading, cells without their blanks.
const rowsOf = (heading: string): readonly (readonly string[])[] => {
  const lines = readme.split('\n')
  const start = lines.findIndex((line) => new RegExp(`^\\| ${heading} +\\|`).test(line))
  const end = lines.findIndex((line, index) => index > start && !line.startsWith('|'))
  return lines.slice(start + 2, end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

describe('the README', () => {
  it('has every verdict with its exit code', () => {
    const told = rowsOf('verdict').map(([verdict = '', , code = '']) => [verdict.replaceAll('`', ''), Number.parseInt(code, 10)])
    expect(Object.fromEntries(told)).toEqual(exitCodes)
  })

  it('shows the seed byte by byte', () => {
    const seed = noCloudSeed({
      instanceId: 'image-test-RANDOM-UUID',
      hostname: 'image-test',
      authorizedKeys: ['PUBLIC-KEY-OF-THIS-RUN', 'ANOTHER-PUBLIC-KEY-OF-THIS-RUN'],
      hostKeys: {
        ed25519: { private: 'PRIVATE-HOST-KEY-OF-THIS-RUN', public: 'PUBLIC-HOST-KEY-OF-THIS-RUN' },
        ecdsa: { private: 'ANOTHER-PRIVATE-HOST-KEY-OF-THIS-RUN', public: 'ANOTHER-PUBLIC-HOST-KEY-OF-THIS-RUN' },
      },
    })
    const shown = blocksIn('README.md', /^text$/).map(({ text }) => text)
    for (const { content } of seed) expect(shown).toContain(new TextDecoder().decode(content))
  })

  it('names the files of a report as they are', () => {
    const told = rowsOf('file').map(([file = '']) => file.split(',')[0]?.replaceAll('`', ''))
    const { json, junit, summary, console, qemuLog, screenshot, output } = reportPaths
    expect(told).toEqual([json, junit, summary, console('machine'), qemuLog('machine'), screenshot('machine'), output('TEST', 'stdout', 1)])
  })

  it('is in three sentences what it is for', () => {
    const [, purpose = ''] = readme.split('\n\n')
    expect(purpose.match(/\.(\s|$)/g)).toHaveLength(3)
  })
})

it('docs/architecture.md has every room', () => {
  const rooms = readdirSync('src', { withFileTypes: true }).map((entry) =>
    entry.isDirectory() ? `src/${entry.name}/` : `src/${entry.name}`,
  )
  const told = readFileSync('docs/architecture.md', 'utf8')
  expect(rooms.filter((room) => !told.includes(`\`${room}\``))).toEqual([])
})

it('docs/dependencies.md has every run-time dependency', () => {
  const told = readFileSync('docs/dependencies.md', 'utf8')
  expect(Object.keys(project.dependencies).filter((name) => !told.includes(`| \`${name}\``))).toEqual([])
})
