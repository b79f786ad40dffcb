// A shelf in a checkout, which may hold anything when somebody comes to it: nothing outside of it is made, moved, removed or waited for.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeRoom, trim } from '../../../../src/host/kept/trim'
import { folder } from '../../../support/make'
import { keepNote, notesIn, signal } from './notes'

const key = 'note-mine'

const prepared = () => {
  const root = folder()
  const dir = join(root, 'shelf')
  const outside = join(root, 'outside')
  for (const made of [join(dir, '.locks'), join(dir, '.arriving', `${key}-x`), outside]) mkdirSync(made, { recursive: true })
  return { dir, outside, shelf: notesIn(dir) }
}

const linkInstead = (path: string, to: string): void => {
  rmSync(path, { recursive: true, force: true })
  symlinkSync(to, path)
}

describe('whoever trims', () => {
  it('makes no file where a link for a lock leads', async () => {
    const { dir, outside, shelf } = prepared()
    symlinkSync(join(outside, 'made'), join(dir, '.locks', key))
    await trim(shelf, 0, signal)
    await makeRoom(shelf, 1, { signal, onRemoved: () => undefined })
    expect(readdirSync(outside)).toEqual([])
  })

  it('does not wait at a pipe', async () => {
    const { dir, shelf } = prepared()
    execFileSync('mkfifo', [join(dir, '.locks', key)])
    mkdirSync(join(dir, key))
    execFileSync('mkfifo', [join(dir, key, 'page0')])
    expect(await trim(shelf, -1, signal)).toEqual([])
  })

  it('makes no file, and moves none, in a folder that a link for an entry leads to', async () => {
    const { dir, outside, shelf } = prepared()
    writeFileSync(join(outside, 'mine'), 'x'.repeat(10_000))
    symlinkSync(outside, join(dir, key))
    expect(await trim(shelf, 0, signal)).toEqual([])
    expect(readdirSync(outside)).toEqual(['mine'])
    expect(existsSync(join(dir, key))).toBe(true)
  })

  it.each(['.arriving', '.locks'])('removes nothing where a link for %s leads, and says which it is', async (name) => {
    const { dir, outside, shelf } = prepared()
    mkdirSync(join(outside, `${key}-1`))
    writeFileSync(join(outside, key), '')
    writeFileSync(join(dir, '.locks', key), '')
    linkInstead(join(dir, name), outside)
    const before = readdirSync(outside)
    await expect(trim(shelf, 0, signal)).rejects.toThrow(`${join(dir, name)} is a link`)
    await expect(makeRoom(shelf, 1, { signal, onRemoved: () => undefined })).rejects.toThrow('is a link')
    expect(readdirSync(outside)).toEqual(before)
  })
})

describe('whoever keeps something', () => {
  it.each(['.arriving', '.locks', '.locks/probe', `.locks/${key}`])('refuses a shelf whose %s is a link', async (name) => {
    const { dir, outside } = prepared()
    linkInstead(join(dir, name), join(outside, 'made'))
    await expect(keepNote(dir, key)).rejects.toThrow(`${join(dir, name)} is a link`)
    expect(readdirSync(outside)).toEqual([])
  })

  it('puts it in the place of a link, and leaves what that leads to', async () => {
    const { dir, outside } = prepared()
    writeFileSync(join(outside, 'page0'), 'theirs')
    symlinkSync(outside, join(dir, key))
    const told: string[] = []
    expect(await keepNote(dir, key, { onDamaged: (why) => told.push(why) })).toMatchObject({ reused: false })
    expect(told).toEqual(['something else is in its place'])
    expect(readFileSync(join(outside, 'page0'), 'utf8')).toBe('theirs')
    expect(readFileSync(join(dir, key, 'page0'), 'utf8')).toBe('one')
  })
})
