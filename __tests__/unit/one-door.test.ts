// Machines are known by their provider alone (docs/architecture.md).
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { importsOf } from '../support/imports'

const source = resolve('src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const sources = new Map(files.map((file) => [file, readFileSync(join(source, file), 'utf8')]))
const outside = files.filter((file) => !file.startsWith('machines/qemu/'))

it('nothing but the table of providers imports from inside of one', () => {
  const imports = importsOf(sources)
  const into = outside.filter((file) => (imports.get(file) ?? []).some(({ file: to }) => to?.startsWith('machines/qemu/')))
  expect(into).toEqual(['machines/providers/index.ts'])
})

// Where the code, comments left out, may say it: the keys and inputs of that name, the report's file of its log, its own version, the tool for
// images, and formats that are named after it.
const mayName: readonly (string | RegExp)[] = [
  /^config\//,
  /^formats\//,
  /^images\//,
  /^report\/(folder|redacted)/,
  'host/qemu-img.ts',
  'machines/providers/index.ts',
  'results.ts',
  'run/recorder.ts',
  'report/summary/summary.ts',
  'commands/doctor.ts', // examines it, as the only one that runs machines on this host
  'guest/judge.ts', // advises `qemu-img check`
  'diagnosis/rules.ts', // a program of that name may run inside a guest
  'diagnosis/rules/system.ts',
]

it('what runs machines is named by it, and elsewhere only where its name is one that users see', () => {
  const code = (text: string): string => text.replace(/\/\/.*|\/\*[^]*?\*\//g, '')
  const naming = outside.filter((file) => /qemu/i.test(code(sources.get(file) ?? '')))
  const unlisted = naming.filter((file) => !mayName.some((known) => (typeof known === 'string' ? known === file : known.test(file))))
  expect(unlisted).toEqual([])
  const stale = mayName.filter((known) => !naming.some((file) => (typeof known === 'string' ? known === file : known.test(file))))
  expect(stale).toEqual([])
})
