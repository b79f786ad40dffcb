import { existsSync, mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeFolder } from '../../../../src/host/files/make-folder'
import { run } from '../../../../src/host/process'

const dir = mkdtempSync(join(tmpdir(), 'folder-'))

it('is made with those above it, and once', () => {
  const path = join(dir, 'a', 'b', 'c')
  makeFolder(path, 0o700)
  makeFolder(path)
  expect(statSync(path).mode & 0o777).toBe(0o700)
  symlinkSync(path, join(dir, 'link'))
  makeFolder(join(dir, 'link', 'd'))
  expect(existsSync(join(path, 'd'))).toBe(true)
})

it('is refused where a file is in the way', () => {
  writeFileSync(join(dir, 'file'), '')
  expect(() => {
    makeFolder(join(dir, 'file'))
  }).toThrow('EEXIST')
  expect(() => {
    makeFolder(join(dir, 'file', 'below'))
  }).toThrow('EEXIST')
})

it('is refused below /proc, where Node would try for ever', () => {
  expect(() => {
    makeFolder('/proc/no/such/folder')
  }).toThrow(/^ENOENT: .*'\/proc\/no'$/)
})

const imageTest = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  run({
    file: 'node_modules/.bin/vite-node',
    args: ['src/cli.ts', '--', 'run', '--image', join(dir, 'none.qcow2'), '--commands', 'true', ...args],
    env: { RUNNER_TEMP: '', XDG_CACHE_HOME: '', ...env },
    timeoutMs: 600_000,
  })

it.each([
  ['the home', 5, [], { HOME: '/proc/home' }],
  ['the report folder', 2, ['--report-dir', '/proc/report'], { HOME: dir }],
] as const)('below /proc as %s ends a run with a verdict', async (_name, exitCode, args, env) => {
  const ended = await imageTest(args, env)
  expect(ended.stdout).toMatch(/(could not be prepared|cannot be written): ENOENT: .*\/proc\/(home|report)/)
  expect(ended.exitCode).toBe(exitCode)
})

it('does not end a run where only a home to remember things in is wanting', async () => {
  const ended = await imageTest(['--report-dir', join(dir, 'report')], { HOME: '/proc/home', RUNNER_TEMP: dir })
  expect(ended.stdout).toContain('none.qcow2')
  expect(ended.stdout).not.toContain('prepared')
  expect(ended.exitCode).toBe(3)
})
