import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { takeEntry } from '../../../../src/host/kept/take'
import { folder } from '../../../support/make'
import { asking, keepNote, notesIn } from './notes'

const key = 'note-mine'
let dir: string
beforeEach(() => {
  dir = join(folder(), 'shelf')
})
const at = (name: string): string => join(dir, key, name)
const rewrite = (from: string | RegExp, to: string) => (): void => {
  const text = readFileSync(at('entry.json'), 'utf8')
  const lie = text.replace(from, to)
  expect(lie).not.toBe(text)
  writeFileSync(at('entry.json'), lie)
}
const instead = (name: string, make: (path: string) => void) => (): void => {
  rmSync(at(name))
  make(at(name))
}
const pipe = (path: string): void => void execFileSync('mkfifo', [path])
const link = (path: string): void => {
  symlinkSync('/etc/passwd', path)
}

const noRecord = 'its record is missing or cannot be read'
const unread = 'its page cannot be read'

describe('an entry that is not what its record says is made again, and why is told:', () => {
  it.each<readonly [string, () => void, string]>([
    ['the record is none', rewrite(/^/, 'x'), noRecord],
    ['the record is of another kind', rewrite('"pages"', '"leaves"'), noRecord],
    ['the record tells no file', rewrite(/"pages": \[[^\]]*\]/, '"pages": []'), noRecord],
    ['the record is a link', instead('entry.json', link), noRecord],
    ['the record is a pipe', instead('entry.json', pipe), noRecord],
    [
      'the record has no end',
      () => {
        truncateSync(at('entry.json'), 2 ** 40)
      },
      noRecord,
    ],
    ['the record is about something else', rewrite('"note-mine"', '"note-yours"'), 'it is about something else'],
    [
      'the record tells another digest and another date',
      rewrite(/"sha256": "..(.*)",([^]*?)"mtimeNs": "\d/, '"sha256": "00$1",$2"mtimeNs": "9'),
      'its sha256 is',
    ],
    ['the record tells another size', rewrite('"bytes": 3', '"bytes": 4'), 'it has 3 bytes and not 4 bytes'],
    ['its second file is a pipe', instead('page1', pipe), unread],
    ['its second file is a link', instead('page1', link), unread],
    ['its second file is gone', instead('page1', () => undefined), unread],
    ['its first file is a pipe', instead('page0', pipe), 'something else is in its place'],
    ['its first file is a link', instead('page0', link), 'something else is in its place'],
  ])('%s', async (_, spoil, why) => {
    await keepNote(dir, key)
    spoil()
    const told: string[] = []
    const kept = await keepNote(dir, key, { texts: ['new', 'newer'], onDamaged: (text) => told.push(text) })
    expect(told).toEqual([expect.stringContaining(why)])
    expect(kept).toMatchObject({ reused: false })
    expect([readFileSync(at('page0'), 'utf8'), readFileSync(at('page1'), 'utf8')]).toEqual(['new', 'newer'])
    expect(readFileSync('/etc/passwd', 'utf8')).toContain('root')
  })
})

describe('an entry that is what its record says', () => {
  it('cannot be written to', async () => {
    await keepNote(dir, key)
    expect(['page0', 'page1'].map((name) => statSync(at(name)).mode & 0o777)).toEqual([0o444, 0o444])
  })

  it('is read through once when it was copied, and then no more', async () => {
    await keepNote(dir, key)
    writeFileSync(at('copy'), readFileSync(at('page1')))
    chmodSync(at('copy'), 0o644)
    renameSync(at('copy'), at('page1'))
    expect(await keepNote(dir, key)).toMatchObject({ reused: true })
    expect(readFileSync(at('entry.json'), 'utf8')).toContain(String(statSync(at('page1')).ino))
    // What is not read is not found out about.
    rewrite(/"sha256": "..(.*)"/, '"sha256": "00$1"')()
    expect(await keepNote(dir, key)).toMatchObject({ reused: true })
  })

  it('lacks a proof that is asked for: nothing is made, and it stays', async () => {
    await keepNote(dir, key)
    expect(await keepNote(dir, key, { signed: true })).toBe('unproven')
    expect(await keepNote(dir, key)).toMatchObject({ reused: true })
  })

  it('cannot be understood by its user: it is made again', async () => {
    await keepNote(dir, key)
    const told: string[] = []
    const open = (): never => {
      throw new Error('no page is signed')
    }
    await expect(keepNote(dir, key, { open, onDamaged: (text) => told.push(text) })).rejects.toThrow('no page is signed')
    expect(told).toEqual(['its record cannot be understood: no page is signed'])
  })

  it('is not there under a name that is no key', async () => {
    await expect(takeEntry(notesIn(dir), asking('../elsewhere'))).rejects.toThrow('is no key')
  })

  it('has a file with a second name, which changes nothing for us', async () => {
    await keepNote(dir, key)
    linkSync(at('page1'), join(folder(), 'second-name'))
    expect(await keepNote(dir, key)).toMatchObject({ reused: true })
  })
})
