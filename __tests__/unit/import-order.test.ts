import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

// Rooms in import order: a file may import any room before its own, its own, and none after it (docs/architecture.md).
const rooms = [
  'lib',
  'errors',
  'results',
  'events',
  'config',
  'definition',
  'images',
  'diagnosis',
  'machines',
  'guest',
  'tests',
  'report',
  'run',
  'app',
  'main',
  'cli',
]
// Types of the model that everybody may name.
const forAll = new Set(['errors', 'results', 'events'])

const source = resolve('src')
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const roomOf = (path: string): string => (relative(source, path).split('/')[0] ?? '').replace(/\.ts$/, '')

const importsOf = (file: string): readonly string[] =>
  [...readFileSync(join(source, file), 'utf8').matchAll(/^(?:import|export)\b[^'"]*?from '([^']+)'/gms)].map(([, path]) => path ?? '')

describe('the rooms of the house', () => {
  it.each(files)('src/%s imports only rooms before its own', (file) => {
    const own = rooms.indexOf(roomOf(join(source, file)))
    expect(own, `${file} lies in no room`).toBeGreaterThanOrEqual(0)
    for (const path of importsOf(file).filter((path) => path.startsWith('.'))) {
      const room = roomOf(resolve(source, dirname(file), path))
      if (!forAll.has(room)) expect(rooms.indexOf(room), `${file} imports ${path}`).toBeLessThanOrEqual(own)
    }
  })

  const only = (name: string, allowed: RegExp): void => {
    it(`only some files import ${name}`, () => {
      const importers = files.filter((file) => importsOf(file).some((path) => path === name))
      expect(importers.filter((file) => !allowed.test(file))).toEqual([])
    })
  }

  only('@actions/core', /^(main\.ts|config\/inputs\.ts|report\/.*)$/)
  only('@actions/tool-cache', /^images\/runner-cache\.ts$/)
  only('execa', /^lib\/process\.ts$/)
  only('ssh2', /^guest\/(ssh|authentication|keys)\.ts$/)
  only('node:child_process', /^$/)

  it('makes folders above folders in one place: what Node offers for it never ends below /proc', () => {
    const makers = files.filter((file) => /mkdir(?:Sync)?\([^)]*recursive/.test(readFileSync(join(source, file), 'utf8')))
    expect(makers).toEqual([])
  })

  it('sleeps in one place', () => {
    const sleepers = files.filter((file) => /clock\.sleep\(|Clock\.sleep\(/.test(readFileSync(join(source, file), 'utf8')))
    expect(sleepers.every((file) => /^(lib|guest|tests|diagnosis|images)\/|^run\.ts$/.test(file))).toBe(true)
    expect(files.filter((file) => readFileSync(join(source, file), 'utf8').includes('timers/promises'))).toEqual([])
  })

  // A plain timer counts time in which the host stood still: each of these has its reason.
  it('counts the time of limits in one place', () => {
    const timers = files.filter((file) => /\bsetTimeout\(/.test(readFileSync(join(source, file), 'utf8')))
    expect(timers.sort()).toEqual(['lib/host-time.ts', 'lib/process.ts', 'run/test-parts.ts'])
  })
})
