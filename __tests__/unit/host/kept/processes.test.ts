import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeRoom, trim } from '../../../../src/host/kept/trim'
import { tryLock } from '../../../../src/host/file-lock'
import { folder } from '../../../support/make'
import { startTold, type ToldProcess } from '../../../support/told-process'
import type { Asked } from './keeper'
import { keepNote, notesIn, signal, steps } from './notes'

const key = 'note-mine'
const texts = ['the first page', 'the second page']
let dir: string
beforeEach(() => {
  dir = join(folder(), 'shelf')
})

const start = (asked: Partial<Asked> = {}): ToldProcess =>
  startTold(join(import.meta.dirname, 'keeper.ts'), { dir, key, texts, ...asked } satisfies Asked)
const makes = (...all: readonly ToldProcess[]): number => all.flatMap(({ said }) => said.filter(({ kind }) => kind === 'makes')).length
const pages = (name = key): string[] => texts.map((_, index) => readFileSync(join(dir, name, `page${index}`), 'utf8'))
const entries = (): string[] => readdirSync(dir).filter((name) => !name.startsWith('.'))
const arriving = (): string[] => readdirSync(join(dir, '.arriving'))

describe('two processes that ask for one key', () => {
  it('make it once: the second waits for the first, which is told, and takes what that made', async () => {
    const gate = join(folder(), 'gate')
    writeFileSync(gate, '')
    const first = start({ gate })
    await first.told('makes')
    const second = start()
    await second.told('waits')
    rmSync(gate)
    expect(await first.told('kept')).toMatchObject({ reused: false })
    expect(await second.told('kept')).toEqual({ pages: [join(dir, key, 'page0'), join(dir, key, 'page1')], reused: true })
    expect(makes(first, second)).toBe(1)
    expect([pages(), arriving()]).toEqual([texts, []])
  })

  it('make it once also when nobody says who is first', async () => {
    const both = [start(), start(), start()]
    const kept = await Promise.all(both.map((each) => each.told('kept')))
    expect(makes(...both)).toBe(1)
    expect(kept.filter((each) => (each as { reused: boolean }).reused)).toHaveLength(2)
  })

  it('do not wait where the keys are two', async () => {
    const gate = join(folder(), 'gate')
    writeFileSync(gate, '')
    await start({ gate }).told('makes')
    expect(await start({ key: 'note-other' }).told('kept')).toMatchObject({ reused: false })
    expect(entries()).toEqual(['note-other'])
  })
})

describe('a process that is killed', () => {
  it.each(steps)('leaves an entry that is whole or none, when it %s', async (dies) => {
    if (dies === 'told of damage') {
      await keepNote(dir, key, { texts })
      rmSync(join(dir, key, 'entry.json'))
    }
    const first = start({ dies })
    await first.gone
    expect(first.said.map(({ kind }) => kind)).not.toContain('kept')
    if (dies !== 'told of damage') expect(entries()).toEqual(dies === 'has its name' ? [key] : [])
    const second = start()
    expect(await second.told('kept')).toMatchObject({ reused: dies === 'has its name' })
    expect(second.said.map(({ kind }) => kind)).not.toContain('waits')
    await trim(notesIn(dir), 1024 ** 3, signal) // what lay beside an entry that is taken is for whoever comes next
    expect([pages(), arriving()]).toEqual([texts, []])
  })

  it('before it named what was whole leaves that to nobody: it is made anew', async () => {
    await keepNote(dir, key, { texts: ['old', 'older'] })
    mkdirSync(join(dir, '.arriving', `${key}-abc`))
    renameSync(join(dir, key), join(dir, '.arriving', `${key}-abc`, 'entry'))
    expect(await keepNote(dir, key, { texts })).toMatchObject({ reused: false })
    expect([pages(), arriving()]).toEqual([texts, []])
  })

  it('while it removed an entry leaves the rest to whoever trims next, but not while the key is being made', async () => {
    await keepNote(dir, 'note-other')
    mkdirSync(join(dir, '.arriving', `${key}-abc`, 'removed'), { recursive: true })
    writeFileSync(join(dir, '.locks', key), '')
    const lock = await tryLock({ path: join(dir, '.locks', key), mode: 'exclusive', signal })
    await trim(notesIn(dir), 1024 ** 3, signal)
    expect(arriving()).toEqual([`${key}-abc`])
    await lock?.release()
    await trim(notesIn(dir), 1024 ** 3, signal)
    expect([arriving(), entries()]).toEqual([[], ['note-other']])
  })
})

describe('what takes too much', () => {
  // So many minutes ago.
  const used = (name: string, minutes: number): void => {
    const then = new Date(Date.now() - minutes * 60_000)
    utimesSync(join(dir, name, 'entry.json'), then, then)
  }
  const names = ['note-old', 'note-older', 'note-oldest']
  // Makes them, and tells what each takes on the disk.
  const keep = async (): Promise<number> => {
    for (const [index, name] of names.entries()) {
      const kept = await keepNote(dir, name)
      if (kept !== 'unproven') await kept.lock.release()
      used(name, 10 * (index + 1))
    }
    const files = readdirSync(join(dir, 'note-old')).map((name) => statSync(join(dir, 'note-old', name)))
    return files.reduce((sum, { blocks }) => sum + blocks * 512, 0)
  }

  it('gives way by its last use', async () => {
    const each = await keep()
    const again = await keepNote(dir, 'note-oldest') // a use counts, not the making
    if (again !== 'unproven') await again.lock.release()
    expect(await trim(notesIn(dir), 2 * each, signal)).toEqual(['note-older'])
    expect(await trim(notesIn(dir), 0, signal)).toEqual(['note-old', 'note-oldest'])
    expect([entries(), arriving()]).toEqual([[], []])
  })

  it('stays while a process holds it, however old it is, and goes when that one was killed', async () => {
    await keep()
    const user = start({ key: 'note-oldest' })
    expect(await user.told('kept')).toMatchObject({ reused: true })
    used('note-oldest', 1000)
    expect(await trim(notesIn(dir), 0, signal)).toEqual(['note-older', 'note-old'])
    expect(await makeRoom(notesIn(dir), 2 ** 60, { signal, onRemoved: () => undefined })).toBeLessThan(2 ** 60)
    expect(existsSync(join(dir, 'note-oldest', 'page0'))).toBe(true)
    await user.kill()
    expect(await trim(notesIn(dir), 0, signal)).toEqual(['note-oldest'])
  })

  it('is none of ours by another name', async () => {
    await keep()
    mkdirSync(join(dir, 'theirs'))
    writeFileSync(join(dir, 'theirs', 'entry.json'), 'x'.repeat(10_000))
    mkdirSync(join(dir, '.arriving', 'theirs-1'))
    writeFileSync(join(dir, '.locks', 'theirs'), '')
    await trim(notesIn(dir), 0, signal)
    expect([entries(), arriving()]).toEqual([['theirs'], ['theirs-1']])
  })
})

describe('an entry that another process removes at the same time', () => {
  const { PATH = '' } = process.env
  afterEach(() => {
    process.env['PATH'] = PATH
  })
  // What happens to the entry between the look at it and the lock on it.
  const meanwhile = (script: string): void => {
    const programs = folder()
    const lines = ['#!/bin/sh', `cd '${dir}' && [ ! -e gone ] && { ${script}; }`, `PATH='${PATH}' exec flock "$@"`]
    writeFileSync(join(programs, 'flock'), `${lines.join('\n')}\n`, { mode: 0o755 })
    process.env['PATH'] = `${programs}:${PATH}`
  }
  const unused = async (): Promise<void> => {
    const kept = await keepNote(dir, key, { texts })
    if (kept !== 'unproven') await kept.lock.release()
  }

  it.each([
    ['and makes anew is not removed: it may be in use', `mv ${key} gone; cp -r gone ${key}`, [key, 'gone']],
    ['is no fault', `mv ${key} gone`, ['gone']],
  ])('%s', async (_, script, left) => {
    await unused()
    meanwhile(script)
    expect(await trim(notesIn(dir), 0, signal)).toEqual([])
    expect(entries().toSorted()).toEqual(left.toSorted())
    expect(arriving()).toEqual([])
  })

  it('was damaged, and is made again', async () => {
    await unused()
    writeFileSync(join(dir, key, 'entry.json'), '')
    const onDamaged = (): void => {
      rmSync(join(dir, key), { recursive: true })
    }
    expect(await keepNote(dir, key, { texts, onDamaged })).toMatchObject({ reused: false })
    expect(pages()).toEqual(texts)
  })
})
