import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { exitCodes } from '../../../src/errors'
import { noCloudSeed } from '../../../src/access/nocloud'
import { reportPaths } from '../../../src/report/folder/report-paths'
import { blocksIn, localLinks, rowsOf } from './markdown'

const readme = readFileSync('README.md', 'utf8')
const project = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly dependencies: Readonly<Record<string, string>> }

describe('the README', () => {
  it('has every verdict with its exit code', () => {
    const told = rowsOf('README.md', 'verdict').map(([verdict = '', , code = '']) => [
      verdict.replaceAll('`', ''),
      Number.parseInt(code, 10),
    ])
    expect(Object.fromEntries(told)).toEqual(exitCodes)
  })

  it('is in three sentences what it is for', () => {
    const [, purpose = ''] = readme.split('\n\n')
    expect(purpose.match(/\.(\s|$)/g)).toHaveLength(3)
  })

  it('is read in a few minutes: at most 12 kB, the action in 12 lines, a job file in 15, security in four', () => {
    expect(Buffer.byteLength(readme)).toBeLessThanOrEqual(12_000)
    const [action = '', job = ''] = blocksIn('README.md', /^yaml$/).map(({ text }) => text)
    expect(action).toContain('uses: fedora-cloud/image-test@')
    expect(action.trim().split('\n').length).toBeLessThanOrEqual(12)
    expect(job).toContain('tests:')
    expect(job.trim().split('\n').length).toBeLessThanOrEqual(15)
    const [, security = ''] = /\n## Security\n\n([^]*?)\n\n#/.exec(readme) ?? []
    expect(security.split('\n')).toHaveLength(4)
  })

  it('leads to every document', () => {
    const linked = localLinks('README.md').map((link) => link.replace(/#.*/, ''))
    const ours = readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))
    expect(linked).toEqual(
      expect.arrayContaining([...ours, 'docs/recipes/README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE']),
    )
  })

  it('has a first use that the project has', () => {
    const [first = '', terminal = ''] = blocksIn('README.md', /^sh$/).map(({ text }) => text)
    expect(first).toMatch(/^npm ci && npm run demo\b[^]*^npm ci && npm test\b/m)
    expect(terminal).toMatch(/ doctor\n[^]* run --image /)
  })
})

describe('docs/reference.md', () => {
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
    const shown = blocksIn('docs/reference.md', /^text$/).map(({ text }) => text)
    for (const { content } of seed) expect(shown).toContain(new TextDecoder().decode(content))
  })

  it('names the files of a report as they are', () => {
    const told = rowsOf('docs/reference.md', 'file').map(([file = '']) => file.split(',')[0]?.replaceAll('`', ''))
    const { json, junit, summary, console, journal, qemuLog, screenshot, output } = reportPaths
    expect(told).toEqual([
      json,
      junit,
      summary,
      console('machine'),
      journal('machine'),
      qemuLog('machine'),
      screenshot('machine'),
      output('TEST', 'stdout', 1),
    ])
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
