import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readForeign } from '../../../../src/host/files/foreign-file'

let dir: string
let file: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'foreign-'))
  file = join(dir, 'screen.png')
  writeFileSync(join(dir, 'shadow'), 'root:hash')
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const owner = process.getuid?.() ?? 0
const read = (more: { owner?: number } = {}) => readForeign(file, { owner, maxBytes: 100, ...more })

it('reads a file that its user has made', async () => {
  writeFileSync(file, 'PNG')
  expect((await read()).toString()).toBe('PNG')
})

it.each<readonly [string, () => void, string]>([
  [
    'a link',
    () => {
      symlinkSync(join(dir, 'shadow'), file)
    },
    'ELOOP',
  ],
  [
    'a hard link',
    () => {
      linkSync(join(dir, 'shadow'), file)
    },
    'more than one name',
  ],
  [
    'a FIFO, without waiting for who writes to it',
    () => {
      execFileSync('mkfifo', [file])
    },
    'is no file',
  ],
  [
    'a folder',
    () => {
      mkdirSync(file)
    },
    'is no file',
  ],
  [
    'more than there can be',
    () => {
      writeFileSync(file, '')
      truncateSync(file, 101)
    },
    'more than 100 bytes',
  ],
  ['nothing', () => undefined, 'ENOENT'],
])('refuses %s', async (_, lay, why) => {
  lay()
  await expect(read()).rejects.toThrow(why)
})

it('refuses a file of another user', async () => {
  writeFileSync(file, 'PNG')
  await expect(read({ owner: owner + 1 })).rejects.toThrow(`belongs to user ${owner}`)
})
