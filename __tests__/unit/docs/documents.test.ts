import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../../src/commands/arguments'
import { shellWords } from '../../../src/config/types/words'
import { documents } from './documents'
import { anchors, blocksIn, localLinks, tables } from './markdown'

const project = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
}

const emptyRoom = 'src/definition/' // which git cannot keep

it('the documents are where people look for them', () => {
  expect(documents).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/security.md']))
})

describe.each(documents)('%s', (file) => {
  it('links to what exists', () => {
    for (const link of localLinks(file)) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? file : join(dirname(file), path)
      expect(existsSync(target), `${file} links to ${link}`).toBe(true)
      if (anchor !== undefined) expect(anchors(target), `${file} links to ${link}`).toContain(anchor)
    }
  })

  it('has no table twice, as a merge leaves it', () => {
    const heads = tables(file).map(([head = '', , first = '']) => `${head}\n${first}`.replace(/\s+/g, ' '))
    expect(heads.filter((head, index) => heads.indexOf(head) !== index)).toEqual([])
    for (const rows of tables(file)) expect(new Set(rows).size, rows[0]).toBe(rows.length)
  })

  it('shows commands that exist', async () => {
    for (const { text, line } of blocksIn(file, /^(sh|bash|console)$/)) {
      const commands = text
        .split('\n')
        .map((command) => command.replace(/(^|\s)#.*$/, '').trim())
        .filter((command) => command !== '')
        .flatMap((command) => command.split(/ (?:&&|\|) /))
      for (const command of commands) {
        const words = shellWords.parse(command)
        if (!words.ok) throw new Error(`${file}:${line}: ${command}`)
        const [program, first = '', ...others] = words.value
        if (program === 'npm' && first === 'run') expect(project.scripts, command).toHaveProperty([others[0] ?? ''])
        else if (program === 'npm') expect(['ci', 'test', 'link'], command).toContain(first)
        else if (program === 'node') {
          expect(first, command).toBe(project.bin['image-test'])
          await parseArguments(others)
        } else if (program === 'image-test') await parseArguments([first, ...others])
        else throw new Error(`${file}:${line}: what is ${command}?`)
      }
    }
  })

  it('names files of the project that are there', () => {
    const roots = ['src', 'scripts', 'docs', 'examples', 'post', 'resolve', 'dist', '__tests__']
    const spans = [...readFileSync(file, 'utf8').matchAll(/`([\w./-]+\/[\w./-]*)`/g)].map(([, span = '']) => span)
    const named = spans.flatMap((span) => {
      const [root = ''] = span.split('/')
      if (roots.includes(root)) return [span]
      return span.endsWith('.ts') && existsSync(join('src', root)) ? [join('src', span)] : []
    })
    expect(named.filter((path) => path !== emptyRoom && !existsSync(path))).toEqual([])
  })

  it('names nothing that is only here', () => {
    expect(readFileSync(file, 'utf8')).not.toMatch(/\/work\/|\/root\//)
  })
})

it('messages and comments name documents that are there', () => {
  const files = ['src', 'scripts', 'examples'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
      entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
    ),
  )
  const named = files.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\bdocs\/[\w/-]+\.(?:md|json|svg)\b/g)].map(([path]) => path),
  )
  expect(named).toContain('docs/reference.md')
  expect([...new Set(named)].filter((path) => !existsSync(path))).toEqual([])
})
