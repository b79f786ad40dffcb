// A cache in a checkout, which may hold anything when a job comes to it: nothing outside of it is made, moved or waited for.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeRoom, trim } from '../../../../src/images/cache/trim'
import { folder } from '../../../support/make'

const key = `sha256-${'a'.repeat(64)}`
const { signal } = new AbortController()

const cache = () => {
  const root = folder()
  const dir = join(root, 'cache')
  const outside = join(root, 'outside')
  for (const made of [join(dir, '.locks'), join(dir, '.arriving', `${key}-x`), outside]) mkdirSync(made, { recursive: true })
  return { dir, outside }
}

it('makes no file where a link for a lock leads', async () => {
  const { dir, outside } = cache()
  symlinkSync(join(outside, 'made'), join(dir, '.locks', key))
  await trim(dir, 0, signal)
  await makeRoom(dir, 1, { signal, onRemoved: () => undefined })
  expect(readdirSync(outside)).toEqual([])
})

it('does not wait at a pipe', async () => {
  const { dir } = cache()
  execFileSync('mkfifo', [join(dir, '.locks', key)])
  mkdirSync(join(dir, key))
  execFileSync('mkfifo', [join(dir, key, 'disk')])
  expect(await trim(dir, -1, signal)).toEqual([])
})

it('makes no file, and moves none, in a folder that a link for an image leads to', async () => {
  const { dir, outside } = cache()
  writeFileSync(join(outside, 'mine'), 'x'.repeat(10_000))
  symlinkSync(outside, join(dir, key))
  expect(await trim(dir, 0, signal)).toEqual([])
  expect(readdirSync(outside)).toEqual(['mine'])
  expect(existsSync(join(dir, key))).toBe(true)
})
