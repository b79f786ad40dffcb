import { execFileSync } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isTar } from '../../../../src/formats/tar/header'
import { createTarReader } from '../../../../src/formats/tar/reader'
import { refusing } from '../../../../src/formats/tar/refuse'
import { folder, noise, prng } from '../../../support/make'
import { end, entry, pax, tar, type Entry } from '../../../support/make-tar'

// What is in an archive, fed in pieces of a size or of random ones.
const read = async (archive: Buffer, pieceBytes: number | 'random' = 'random', given: { maxMembers?: number; maxBytes?: number } = {}) => {
  const files = new Map<string, Buffer>()
  const random = prng(archive.length)
  const reader = createTarReader({
    refuse: refusing('x.box'),
    maxMembers: 100,
    maxBytes: 1024 ** 3,
    signal: new AbortController().signal,
    ...given,
    onMember: ({ name, bytes }) => {
      const chunks: Buffer[] = []
      return {
        write: (chunk) => Promise.resolve(void chunks.push(Buffer.from(chunk))),
        end: () => {
          const content = Buffer.concat(chunks)
          expect(content.length).toBe(bytes)
          files.set(name, content)
          return Promise.resolve()
        },
      }
    },
  })
  for (let at = 0; at < archive.length;) {
    const size = pieceBytes === 'random' ? 1 + (random() % 3000) : pieceBytes
    // The buffer is used again, as that of a file that is read.
    const piece = Buffer.from(archive.subarray(at, at + size))
    await reader.write(piece)
    piece.fill(0xee)
    at += size
  }
  await reader.end()
  return files
}

// A file with holes in front, in the middle and at its end.
const holey = (path: string, runs = 3): Buffer => {
  const file = openSync(path, 'w')
  const bytes = runs * 300_000 + 100_000
  for (let run = 0; run < runs; run += 1) writeSync(file, noise(10_000, run + 1), 0, 10_000, run * 300_000 + 150_000)
  writeSync(file, Buffer.alloc(1), 0, 1, bytes - 1)
  execFileSync('truncate', ['-s', String(bytes), path])
  return readFileSync(path)
}

describe('what the real tar writes', () => {
  const formats = [
    ['gnu', ['--format=gnu']],
    ['gnu, sparse', ['--format=gnu', '-S']],
    ['pax', ['--format=posix']],
    ['pax, sparse', ['--format=posix', '-S', '--sparse-version=1.0']],
    ['ustar', ['--format=ustar']],
  ] as const

  it.each(formats)('is read as it was packed: %s', async (_name, options) => {
    const dir = folder()
    const deep = `${'long-folder/'.repeat(8)}file-with-a-long-name`
    mkdirSync(join(dir, deep, '..'), { recursive: true })
    const contents = new Map([
      ['holes', holey(join(dir, 'holes'))],
      ['many-holes', holey(join(dir, 'many-holes'), 60)],
      [deep, noise(2000)],
      ['empty', Buffer.alloc(0)],
      ['block', noise(512)],
    ])
    for (const [name, content] of contents) if (!name.endsWith('holes')) writeFileSync(join(dir, name), content)
    const archive = execFileSync('tar', ['-c', ...options, '-C', dir, ...['./holes', './many-holes', './long-folder', 'empty', 'block']], {
      maxBuffer: 1024 ** 3,
    })
    if (options[1] === '-S') expect(archive.length).toBeLessThan(3_000_000)
    for (const pieceBytes of ['random', 511, 65536] as const) {
      const files = await read(archive, pieceBytes)
      expect([...files.keys()].sort()).toEqual([...contents.keys()].sort())
      for (const [name, content] of contents) expect(files.get(name)?.equals(content), name).toBe(true)
    }
  })

  it.each([
    ['gnu', '--format=gnu'],
    ['pax', '--format=posix'],
  ])('may have names of any length: %s', async (_name, format) => {
    const dir = folder()
    const long = `${'n'.repeat(150)}/${'ö'.repeat(100)}`
    mkdirSync(join(dir, long, '..'))
    writeFileSync(join(dir, long), 'content')
    const files = await read(execFileSync('tar', ['-c', format, '-C', dir, '.']))
    expect([...files.keys()]).toEqual([long])
  })

  it.each([
    ['gnu', '--format=gnu'],
    ['pax', '--format=posix'],
  ])('may have names that are cut at a slash in the header: %s', async (_name, format) => {
    const dir = folder()
    const long = `${'a'.repeat(49)}/${'b'.repeat(49)}/x.img`
    mkdirSync(join(dir, long, '..'), { recursive: true })
    writeFileSync(join(dir, long), 'content')
    expect([...(await read(execFileSync('tar', ['-c', format, '-C', dir, long]))).keys()]).toEqual([long])
  })

  it('may be as old as Unix V7', async () => {
    const dir = folder()
    mkdirSync(join(dir, 'folder'))
    writeFileSync(join(dir, 'folder/file'), 'content')
    const archive = execFileSync('tar', ['-c', '--format=v7', '-C', dir, './folder'])
    expect(isTar(archive)).toBe(true)
    expect([...(await read(archive)).keys()]).toEqual(['folder/file'])
  })

  it('tells folders by a slash there, as bsdtar writes them', async () => {
    const old = { type: '\0', magic: '' }
    const files = await read(tar({ ...old, name: './' }, { ...old, name: 'folder/' }, { ...old, name: 'folder/file', content: 'x' }))
    expect([...files.keys()]).toEqual(['folder/file'])
  })

  it('may be filled up to records of any size', async () => {
    const dir = folder()
    writeFileSync(join(dir, 'file'), 'content')
    expect((await read(execFileSync('tar', ['-c', '-b', '512', '-C', dir, 'file']))).size).toBe(1)
  })
})

describe('an archive that is cut short', () => {
  it('is refused wherever that is', async () => {
    const archive = tar({ name: 'one', content: noise(1500) }, entry({ name: 'two', content: 'x' }))
    for (const bytes of [512, 700, 2048, archive.length - 1024 - 512, archive.length - 1024]) {
      await expect(read(archive.subarray(0, bytes)), String(bytes)).rejects.toThrow('x.box is cut short: its archive has no end')
    }
  })
})

const sparse = (values: Readonly<Record<string, string>>, content: Buffer | string): Buffer =>
  Buffer.concat([
    entry({
      name: 'pax',
      type: 'x',
      content: pax({ 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'f', ...values }),
    }),
    entry({ name: 'GNUSparseFile/f', content }),
  ])
const map = (text: string, data = ''): Buffer => Buffer.concat([Buffer.from(text.padEnd(512, '\0')), Buffer.from(data)])
const oldSparse = (offset: string, bytes: string, real: string, content = 'x'.repeat(10)): Buffer =>
  entry({
    name: 'f',
    type: 'S',
    content,
    magic: 'ustar  \0',
    change: (header) => {
      header.write(offset.padStart(11, '0'), 386)
      header.write(bytes.padStart(11, '0'), 398)
      header.write(real.padStart(11, '0'), 483)
    },
  })

describe('refused is', () => {
  const hostile: readonly (readonly [string, Entry | Buffer, string])[] = [
    ['a symbolic link', { name: 'box.img', type: '2', link: '/etc/passwd' }, 'holds a symbolic link ("box.img")'],
    ['a hard link', { name: 'box.img', type: '1', link: '/etc/passwd' }, 'holds a hard link ("box.img")'],
    ['a long link', { name: '././@LongLink', type: 'K', content: `${'l'.repeat(200)}\0` }, 'holds a symbolic link'],
    ['a character device', { name: 'disk', type: '3' }, 'holds a device ("disk")'],
    ['a block device', { name: 'disk', type: '4' }, 'holds a device ("disk")'],
    ['a pipe', { name: 'disk', type: '6' }, 'holds a named pipe ("disk")'],
    ['a type of tomorrow', { name: 'disk', type: 'Z' }, 'unknown type "Z" ("disk")'],
    ['a multi-volume archive', { name: 'disk', type: 'M' }, 'unknown type "M" ("disk")'],
    ['a way out', { name: '../disk' }, 'leads out of its folder ("../disk")'],
    ['a way out in the middle', { name: 'a/../../disk' }, 'leads out of its folder ("a/../../disk")'],
    ['a folder outside', { name: '../', type: '5' }, 'leads out of its folder'],
    ['an absolute name', { name: '/etc/passwd' }, 'absolute name ("/etc/passwd")'],
    ['an absolute link', { name: '/etc/passwd', type: '2', link: 'x' }, 'absolute name ("/etc/passwd")'],
    ['a backslash', { name: '..\\disk' }, 'backslash in its name ("..\\disk")'],
    ['a control character', { name: 'disk\x1b[2J' }, 'control characters in its name'],
    ['a name that reads backwards', { name: 'disk\u202egnp' }, 'control characters in its name'],
    ['no name', { name: '' }, 'has a member without a name'],
    ['a file that is called like the folder', { name: './' }, 'has a file without a name'],
    ['a file that is called like a folder', { name: 'disk/' }, 'has a file with the name of a folder ("disk")'],
    [
      'a file that is called like a folder by its long name',
      Buffer.concat([entry({ name: '././@LongLink', type: 'L', content: 'disk/\0' }), entry({ name: 'disk' })]),
      'has a file with the name of a folder ("disk")',
    ],
    [
      'a file that is called like a folder by pax',
      Buffer.concat([entry({ name: 'p', type: 'x', content: pax({ path: 'disk/' }) }), entry({ name: 'disk' })]),
      'has a file with the name of a folder ("disk")',
    ],
    [
      'a sparse file that is called like a folder',
      entry({ name: 'disk/', type: 'S', magic: 'ustar  \0' }),
      'has a file with the name of a folder ("disk")',
    ],
    ['a folder with content', { name: 'folder', type: '5', content: 'x' }, 'has a folder with content ("folder")'],
    ['a name that is no UTF-8', { name: '', change: (header) => header.fill(0xff, 0, 3) }, 'name is not UTF-8'],
    ['a wrong checksum', { name: 'disk', checksum: 4711 }, 'has a tar header whose checksum is wrong'],
    ['another magic', { name: 'disk', magic: 'ustar\x0001' }, 'is a tar archive of a kind that is not known'],
    ['no magic, and a type of later times', { name: 'disk', magic: '', type: 'S' }, 'is a tar archive of a kind that is not known'],
    ['no magic, and a link', { name: 'disk', magic: '', type: '2', link: '/etc/passwd' }, 'holds a symbolic link ("disk")'],
    [
      'no magic, and a folder with content',
      { name: 'disk/', magic: '', type: '\0', content: 'x' },
      'has a file with the name of a folder ("disk")',
    ],
    ['a size in words', { name: 'disk', size: 'much       \0' }, 'has a tar header with an impossible size'],
    ['a negative size', { name: 'disk', size: '\xff'.repeat(12) }, 'has a tar header with an impossible size'],
    ['a huge size', { name: 'disk', size: `\x80${'\xff'.repeat(11)}` }, 'has a tar header with an impossible size'],
    ['8 EiB', { name: 'disk', size: `\x80\0\0\0\0\0\x1f${'\xff'.repeat(5)}` }, 'unpacks to more than'],
    [
      'a way out by a long name',
      Buffer.concat([entry({ name: '././@LongLink', type: 'L', content: '../../disk\0' }), entry({ name: 'a' })]),
      'leads out',
    ],
    [
      'a way out by pax',
      Buffer.concat([entry({ name: 'p', type: 'x', content: pax({ path: '../disk' }) }), entry({ name: 'a' })]),
      'leads out',
    ],
    ['a way out by a sparse name', sparse({ 'GNU.sparse.name': '../f', 'GNU.sparse.realsize': '0' }, map('0\n')), 'leads out'],
    [
      'a NUL in a pax name',
      Buffer.concat([entry({ name: 'p', type: 'x', content: pax({ path: 'a\0b' }) }), entry({ name: 'a' })]),
      'control characters',
    ],
    [
      'a pax size in words',
      Buffer.concat([entry({ name: 'p', type: 'x', content: pax({ size: '-1' }) }), entry({ name: 'a' })]),
      'impossible size',
    ],
    [
      'a pax header that says a thing twice',
      { name: 'p', type: 'x', content: pax({ path: 'a' }) + pax({ path: 'b' }) },
      'says "path" twice',
    ],
    ['a pax header with a wrong length', { name: 'p', type: 'x', content: '99 path=a\n' }, 'has a pax header that cannot be read'],
    ['a pax header without an end', { name: 'p', type: 'x', content: '9 path=ab' }, 'has a pax header that cannot be read'],
    ['a pax header of a MiB', { name: 'p', type: 'x', content: Buffer.alloc(1024 * 1024) }, 'has a header of an impossible size'],
    ['a pax header for all members', { name: 'g', type: 'g', content: pax({ path: 'a' }) }, 'has a pax header for all its members'],
    [
      'two pax headers',
      Buffer.concat([1, 2].map(() => entry({ name: 'p', type: 'x', content: pax({ path: 'a' }) }))),
      'has two pax headers for one member',
    ],
    ['two long names', Buffer.concat([1, 2].map(() => entry({ name: '@', type: 'L', content: 'a\0' }))), 'has two names for one member'],
    ['a header of nothing', entry({ name: '@', type: 'L', content: 'a\0' }), 'ends with the header of a member that is not there'],
    [
      'a sparse file of old pax formats',
      sparse({ 'GNU.sparse.major': '0', 'GNU.sparse.minor': '1' }, ''),
      'in a format that is not known ("f")',
    ],
    ['a sparse map that goes back', sparse({ 'GNU.sparse.realsize': '99' }, map('2\n5\n1\n0\n1\n', 'xx')), 'whose map is impossible'],
    ['a sparse map beyond the end', sparse({ 'GNU.sparse.realsize': '9' }, map('1\n9\n1\n', 'x')), 'whose map is impossible'],
    ['a sparse map of another size', sparse({ 'GNU.sparse.realsize': '99' }, map('1\n0\n1\n', 'xx')), 'whose map is impossible'],
    ['a sparse map of words', sparse({ 'GNU.sparse.realsize': '99' }, map('one\n')), 'whose map is impossible'],
    ['a sparse map without lines', sparse({ 'GNU.sparse.realsize': '99' }, '1'.repeat(2048)), 'whose map is impossible'],
    ['a sparse map without end', sparse({ 'GNU.sparse.realsize': '99' }, map(`9999\n${'0\n'.repeat(253)}0`)), 'whose map has no end'],
    ['a sparse map of billions', sparse({ 'GNU.sparse.realsize': '99' }, map(`9999999999\n${'0\n'.repeat(250)}`)), 'whose map has no end'],
    ['an old sparse map beyond the end', oldSparse('1', '12', '4'), 'whose map is impossible'],
    ['an old sparse map of another size', oldSparse('0', '1', '777'), 'whose map is impossible'],
    ['an old sparse bomb', oldSparse('0', '12', '77777777777'), 'unpacks to more than'],
    ['something after the end', Buffer.concat([end, entry({ name: 'disk' })]), 'has something after the end of its archive'],
    ['a flood of zeros after the end', Buffer.alloc(2 * 1024 * 1024), 'has something after the end of its archive'],
  ]

  it.each(hostile)('%s', async (_name, given, says) => {
    const archive = tar({ name: 'metadata.json', content: '{}' }, given)
    await expect(read(archive)).rejects.toMatchObject({ outcome: 'image-error', message: expect.stringContaining(says) as string })
  })

  it('an archive of too many members, whatever they are', async () => {
    const folders = Array.from({ length: 101 }, (_, index) => ({ name: `f${index}`, type: '5' }))
    await expect(read(tar(...folders))).rejects.toThrow('has more than 100 members')
    const headers = Array.from({ length: 101 }, () => ({ name: 'g', type: 'g', content: pax({ comment: 'x' }) }))
    await expect(read(tar(...headers))).rejects.toThrow('has more than 100 members')
  })

  it('an archive that grows too much, before it does', async () => {
    const files = Array.from({ length: 10 }, (_, index) => ({ name: `f${index}`, content: Buffer.alloc(1000) }))
    await expect(read(tar(...files), 'random', { maxBytes: 9999 })).rejects.toThrow('unpacks to more than 9.8 KiB')
    expect((await read(tar(...files), 'random', { maxBytes: 10_000 })).size).toBe(10)
  })
})

it('neither crashes nor hangs on 10,000 archives with random faults', async () => {
  const random = prng(44)
  const sound = [
    tar({ name: 'metadata.json', content: '{}' }, oldSparse('0', '12', '777'), { name: 'folder', type: '5' }),
    tar(
      sparse({ 'GNU.sparse.realsize': '99' }, map('1\n0\n3\n', 'xxx')),
      { name: '@', type: 'L', content: 'a\0' },
      { name: 'b', content: 'xyz' },
    ),
    tar({ name: 'metadata.json', content: '{}', magic: '' }, { name: 'folder/', magic: '', type: '\0' }, { name: 'b', magic: '' }),
  ]
  let refused = 0
  for (let round = 0; round < 10_000; round += 1) {
    const archive = Buffer.from(sound[round % 3] ?? '')
    for (let fault = random() % 4; fault >= 0; fault -= 1) archive[random() % archive.length] = random() % 256
    // The checksum made right, so that what is behind it is reached.
    for (let at = 0; round % 4 > 0 && at + 512 <= archive.length; at += 512) {
      if (!/^\d{6}\0 $/.test(archive.toString('latin1', at + 148, at + 156))) continue
      archive.write('        ', at + 148)
      const sum = archive.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
      archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148)
    }
    try {
      for (const name of (await read(archive, 4096, { maxBytes: 1024 * 1024 })).keys()) expect(name).not.toMatch(/^\/|(^|\/)\.\.(\/|$)/)
    } catch (error) {
      expect(error).toMatchObject({ outcome: 'image-error' })
      refused += 1
    }
  }
  expect(refused).toBeGreaterThan(3000)
})

it.each([
  [1, 60 * 1024],
  [1200, 50],
])('can be stopped while it fills holes: of %i members of %i MiB', async (members, MiB) => {
  const GiB = 1024 ** 3
  const hole = sparse({ 'GNU.sparse.realsize': String(MiB * 1024 ** 2) }, map('0\n'))
  const cancel = new AbortController()
  const reason = new Error('cancelled')
  let filled = 0
  const reader = createTarReader({
    refuse: refusing('x.box'),
    maxMembers: 3000,
    maxBytes: 64 * GiB,
    signal: cancel.signal,
    onMember: () => ({
      write: (chunk) => Promise.resolve(void (filled += chunk.length)),
      end: () => Promise.resolve(),
    }),
  })
  setImmediate(() => {
    cancel.abort(reason)
  })
  await expect(reader.write(tar(...Array.from({ length: members }, () => hole)))).rejects.toBe(reason)
  expect(filled).toBeLessThan(GiB)
})
