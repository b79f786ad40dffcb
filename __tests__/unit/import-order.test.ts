import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { circleIn, importsOf, outOfOrder, unlisted, type Order } from '../support/imports'

// Rooms in import order (docs/architecture.md): a file may import any room before its own, its own, and none after it.
const order: Order = {
  '': [
    'lib',
    'errors',
    'results',
    'events',
    'host',
    'fetch',
    'config',
    'definition',
    'formats',
    'images',
    'diagnosis',
    'access',
    'machines',
    'guest',
    'steps',
    'report',
    'run',
    'commands',
    'main',
    'cli',
    'engine',
  ],
  lib: ['redaction'],
  host: ['files', '.', 'kept'],
  config: ['yaml', 'types', 'fields', 'written'],
  formats: ['headers', 'tar', '.', 'boot-records'],
  images: ['distributions', 'trust', 'boxes', 'names', 'store', 'cache'],
  'images/distributions': ['keys', '.'],
  'images/trust': ['signatures', '.'],
  'images/names': ['publishers'],
  'images/names/publishers': ['.', 'fedora', 'vagrant'],
  diagnosis: ['rules', 'sentences'],
  machines: ['.', 'qemu', 'providers'],
  'machines/qemu': ['fit', '.'],
  guest: ['command', 'ready'],
  steps: ['kinds'],
  report: ['.', 'words', 'folder', 'stdout', 'summary', 'reporters'],
}
// Types of the model that everybody may name.
const forAll = new Set(['errors', 'results', 'events'])

const source = resolve('src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const sources = new Map(files.map((file) => [file, readFileSync(join(source, file), 'utf8')]))
const imports = importsOf(sources)

describe('the rooms of the house', () => {
  it.each(files)('src/%s imports only rooms before its own', (file) => {
    expect(unlisted(file, order), `${file} lies in no room`).toEqual([])
    const others = (imports.get(file) ?? []).flatMap(({ file: other }) => other ?? [])
    expect(others.flatMap((other) => outOfOrder(file, other, order, forAll) ?? [])).toEqual([])
  })

  it('stand in no circle, types included', () => {
    expect(circleIn(imports)).toBeUndefined()
  })

  it('import nothing else of the project but its version', () => {
    const strangers = [...imports].flatMap(([file, all]) =>
      all.filter(({ written, file: known }) => written.startsWith('.') && known === undefined).map(({ written }) => [file, written]),
    )
    expect(strangers).toEqual([['run/version.ts', '../../package.json']])
  })

  it('hold twenty files each at most', () => {
    const folders = files.map((file) => dirname(file))
    expect(folders.filter((folder, index) => folders.slice(0, index).filter((other) => other === folder).length >= 20)).toEqual([])
  })

  const only = (name: string, allowed: RegExp): void => {
    it(`only some files import ${name}`, () => {
      const importers = files.filter((file) => imports.get(file)?.some(({ written }) => written === name))
      expect(importers.filter((file) => !allowed.test(file))).toEqual([])
    })
  }

  only('@actions/core', /^(main\.ts|config\/inputs\.ts|report\/.*)$/)
  only('@actions/tool-cache', /^host\/tools\.ts$/)
  only('execa', /^host\/process\.ts$/)
  only('ssh2', /^(guest\/(ssh|authentication)|access\/keys)\.ts$/)
  only('sax', /^lib\/xml\.ts$/)
  only('node:child_process', /^$/)

  // A command is loaded by the table when it is asked for: what cli.ts needs before that is all that `--version` waits for.
  it('tell the version of the command without what a run needs', () => {
    const needed = new Set(['cli.ts'])
    for (const file of needed)
      if (file !== 'commands/table.ts') for (const { file: other } of imports.get(file) ?? []) if (other !== undefined) needed.add(other)
    expect([...needed]).toContain('commands/table.ts')
    expect(
      [...needed].filter((file) =>
        /^(fetch|formats|images|diagnosis|access|machines|guest|steps|run\/(?!version)|host\/process)/.test(file),
      ),
    ).toEqual([])
  })

  it('keep things for the next run without knowing what they are', () => {
    const knowing = [...sources].filter(([file, text]) => file.startsWith('host/kept/') && /images?\b|qcow|\bbox/i.test(text))
    expect(knowing.map(([file]) => file)).toEqual([])
  })

  it('makes folders above folders in one place: what Node offers for it never ends below /proc', () => {
    const makers = [...sources].filter(([, text]) => /mkdir(?:Sync)?\([^)]*recursive/.test(text))
    expect(makers.map(([file]) => file)).toEqual([])
  })

  it('sleeps in one place', () => {
    const sleepers = files.filter((file) => /clock\.sleep\(|Clock\.sleep\(/.test(sources.get(file) ?? ''))
    expect(sleepers.every((file) => /^(lib|guest|steps|diagnosis|images)\/|^run\/run\.ts$/.test(file))).toBe(true)
    expect(files.filter((file) => sources.get(file)?.includes('timers/promises'))).toEqual([])
  })

  // A plain timer counts time in which the host stood still: each of these has its reason.
  it('counts the time of limits in one place', () => {
    const timers = files.filter((file) => /\bsetTimeout\(/.test(sources.get(file) ?? ''))
    expect(timers.sort()).toEqual(['host/process.ts', 'lib/host-time.ts', 'steps/parts.ts'])
  })
})
