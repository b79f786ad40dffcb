import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { noSuchSource } from '../../../../src/images/names'
import { resolveSource } from '../../../../src/images/names/source'
import { folder } from '../../../support/make'
import { weigh } from '../../../support/processor-time'

const tree = (...files: readonly string[]): string => {
  const dir = folder()
  for (const file of files) {
    mkdirSync(join(dir, file, '..'), { recursive: true })
    writeFileSync(join(dir, file), 'x')
  }
  return dir
}
const resolved = async (dir: string, text: string, env = {}): Promise<string> => {
  const source = await resolveSource(text, { cwd: dir, env, otherwise: () => noSuchSource(text) })
  return source.kind === 'file' ? source.path.replace(`${dir}/`, '') : source.url.href
}
const rejects = (dir: string, text: string) => expect(resolved(dir, text)).rejects

describe('a source', () => {
  it('is a path, a file:// address, or a URL', async () => {
    const dir = tree('build/disk.qcow2', 'nightly:44', 'a*b')
    expect(await resolved(dir, 'build/disk.qcow2')).toBe('build/disk.qcow2')
    expect(await resolved(dir, join(dir, 'build/disk.qcow2'))).toBe('build/disk.qcow2')
    expect(await resolved(dir, './build/../build/disk.qcow2')).toBe('build/disk.qcow2')
    expect(await resolved(dir, pathToFileURL(join(dir, 'build/disk.qcow2')).href)).toBe('build/disk.qcow2')
    expect(await resolved(dir, '~/build/disk.qcow2', { HOME: dir })).toBe('build/disk.qcow2')
    expect(await resolved(dir, 'nightly:44')).toBe('nightly:44') // what exists is a file, whatever it looks like
    expect(await resolved(dir, 'a*b')).toBe('a*b')
    expect(await resolved(dir, 'HTTPS://example.org/a.qcow2?x')).toBe('https://example.org/a.qcow2?x')
  })

  it('is a pattern that matches one file', async () => {
    const dir = tree('build/a.qcow2', 'build/a.qcow2.sha256', 'build/deep/er/b.raw', 'build/.hidden.raw', 'build/x[1].img')
    symlinkSync('a.qcow2', join(dir, 'build/link.vmdk'))
    expect(await resolved(dir, 'build/*.qcow2')).toBe('build/a.qcow2')
    expect(await resolved(dir, '*/?.qcow2')).toBe('build/a.qcow2')
    expect(await resolved(dir, 'build/[a-c].qcow*2')).toBe('build/a.qcow2')
    expect(await resolved(dir, 'build/[!b].qcow2')).toBe('build/a.qcow2')
    expect(await resolved(dir, '**/*.raw')).toBe('build/deep/er/b.raw')
    expect(await resolved(dir, 'build/**/b.*')).toBe('build/deep/er/b.raw')
    expect(await resolved(dir, 'build/.*.raw')).toBe('build/.hidden.raw')
    expect(await resolved(dir, 'build/*.vmdk')).toBe('build/link.vmdk')
    expect(await resolved(dir, `${dir}/build/*.qcow2`)).toBe('build/a.qcow2')
    expect(await resolved(dir, 'build/x[1].img')).toBe('build/x[1].img')
    expect(await resolved(join(dir, 'build/deep'), '../*.qcow2')).toBe(join(dir, 'build/a.qcow2'))
  })

  // Nothing interrupts a pattern that is tried in all the ways in which it might fit: a job file and a checkout could hold the engine for days.
  it('is a pattern of which no kind takes long', async () => {
    const dir = tree(`${'a'.repeat(250)}.raw`, `${'a/'.repeat(40)}disk.img`)
    const { ms } = await weigh(async () => {
      await rejects(dir, `${'*a'.repeat(30)}*b.raw`).toThrow('no file matches')
      await rejects(dir, `${'**/a/'.repeat(20)}*.raw`).toThrow('no file matches')
      expect(await resolved(dir, `${'**/a/'.repeat(20)}*.img`)).toBe(`${'a/'.repeat(40)}disk.img`)
    })
    expect(ms).toBeLessThan(1500)
  })

  it.each<[string, string]>([
    ['*', 'x'],
    ['**x', 'ax'],
    ['a*b', 'aab'],
    ['a*ab*b', 'aabab'],
    ['*b*', 'abc'],
    ['a?c', 'a😀c'],
    ['[]x]', ']'],
    ['[a-cx][!x]', 'b]'],
    ['[\\^]', '^'],
    ['a[b', 'a[b'],
    ['(a|b).+*', '(a|b).+c'],
  ])('in which %s fits %s', async (pattern, name) => {
    expect(await resolved(tree(`in/${name}`), `i*/${pattern}`)).toBe(`in/${name}`)
  })

  it('says what a pattern matched when that is not one file', async () => {
    const dir = tree('build/a.qcow2', 'build/b.qcow2', 'build/c.raw')
    await rejects(dir, 'build/*.qcow2').toMatchObject({
      outcome: 'image-error',
      message: '2 files match build/*.qcow2: build/a.qcow2, build/b.qcow2',
    })
    await rejects(dir, 'build/*.img').toThrow(/^no file matches build\/\*.img; in build there are: [abc]\.\w+, .*$/)
    await rejects(dir, 'build/[z-a]*').toThrow('no file matches')
  })

  it('is not a link that leads nowhere, which does not count among what a pattern matches either', async () => {
    const dir = tree('build/a.qcow2')
    const link = (to: string, name: string): void => {
      symlinkSync(to, join(dir, 'build', name))
    }
    link('gone\n.qcow2', 'old.qcow2')
    link('a.qcow2/x', 'under.qcow2')
    link('circle.qcow2', 'circle.qcow2')
    expect(await resolved(dir, 'build/*.qcow2')).toBe('build/a.qcow2')
    await rejects(dir, 'build/o*.qcow2').toMatchObject({
      outcome: 'image-error',
      message: 'nothing matches build/o*.qcow2 but links that lead nowhere: build/old.qcow2',
    })
    await rejects(dir, 'build/[!a]*.qcow2').toThrow('lead nowhere: build/circle.qcow2, build/old.qcow2, build/under.qcow2')
    await rejects(dir, 'build/old.qcow2').toMatchObject({
      outcome: 'image-error',
      message: 'build/old.qcow2 is a link that leads nowhere: to gone?.qcow2',
    })
    link('a.qcow2', 'same.qcow2')
    await rejects(dir, 'build/*.qcow2').toThrow('2 files match build/*.qcow2: build/a.qcow2, build/same.qcow2')
  })

  it('says what there is when a file is missing', async () => {
    const dir = tree('build/Fedora-Cloud-Base-44.qcow2', 'build/notes.txt', 'build/other.raw', 'empty/x/y')
    await rejects(dir, 'build/Fedora-Cloud-Base-43.qcow2').toMatchObject({
      outcome: 'image-error',
      message: 'there is no file build/Fedora-Cloud-Base-43.qcow2; in build there are: Fedora-Cloud-Base-44.qcow2, other.raw, notes.txt',
    })
    await rejects(dir, 'bulid/deep/disk.qcow2').toThrow(
      'there is no file bulid/deep/disk.qcow2; bulid/deep does not exist; bulid does not exist; in the working folder there are: build/, empty/',
    )
    await rejects(dir, 'disk.qcow2/').toThrow('there is no file')
    await rejects(dir, 'build/other.raw/x').toThrow('there is no file')
  })

  it('is not a folder, a pipe or a device', async () => {
    const dir = tree('build/disk.qcow2')
    execFileSync('mkfifo', [join(dir, 'pipe')])
    await rejects(dir, 'build').toThrow('build is a folder, not an image; in build there is: disk.qcow2')
    await rejects(dir, 'pipe').toThrow('pipe is a device, socket or pipe, not a file')
    await rejects(dir, '/dev/zero').toThrow('/dev/zero is a device')
  })

  it('cannot be a name of an unknown kind, nor another kind of address', async () => {
    const dir = tree()
    await rejects(dir, 'fedroa:44').toMatchObject({ outcome: 'config-error' })
    await rejects(dir, 's3://bucket/disk').toMatchObject({ outcome: 'config-error', message: 'images cannot be fetched by s3://' })
    await rejects(dir, 'http://').toMatchObject({ outcome: 'config-error', message: 'the image is not a valid URL' })
    await rejects(dir, 'file://elsewhere/disk').toMatchObject({ outcome: 'image-error' })
  })

  it('cannot write into a log what it likes', async () => {
    const dir = tree('build/a\n::error::b.raw')
    await rejects(dir, 'build/c\n::warning::d').toThrow('there is no file build/c?::warning::d; in build there is: a?::error::b.raw')
  })
})
