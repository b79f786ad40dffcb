import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { freeBytes } from '../../../../src/host/files/space'
import { folder, obtain, obtaining } from '../../../support/make'
import { boxFile, ovf, text } from './make-box'
import { repeatingVmdk } from './make-vmdk'

const MiB = 1024 * 1024

const ova = (...disks: readonly Buffer[]): string => {
  const members = disks.map((content, index) => ({ name: `disk${index}.vmdk`, content }))
  return boxFile([text('x.ovf', ovf(...members.map(({ name }) => name))), ...members], { name: 'x.ova' })
}

const path = process.env['PATH']
afterEach(() => {
  process.env['PATH'] = path
})

// A qemu-img of our own, in a folder that is open to others or not: a script, which finds that folder in $bin.
const converter = (script: string, mode = 0o755): string => {
  const bin = folder()
  chmodSync(bin, mode)
  writeFileSync(join(bin, 'qemu-img'), `#!/bin/sh\nbin=${bin}\n${script}\n`, { mode: 0o755 })
  process.env['PATH'] = `${bin}:${path ?? ''}`
  return bin
}

describe('a VMDK that grows', () => {
  it('is converted as long as there is room', async () => {
    const source = ova(repeatingVmdk(6))
    expect(statSync(source).size).toBeLessThan(20_000)
    expect((await obtain(source, { limits: { unpackedBytes: 8 * MiB } })).disks[0]?.virtualBytes).toBe(6 * MiB)
  })

  it.each([
    ['alone', [repeatingVmdk(64)]],
    ['together with others', [repeatingVmdk(6), repeatingVmdk(6)]],
  ])('is refused when it is larger than an archive may be: %s', async (_name, disks) => {
    const { disks: refused, dir } = obtaining(ova(...disks), { limits: { unpackedBytes: 8 * MiB } })
    await expect(refused).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringMatching(/x\.ova unpacks to more than 8 MiB$/) as string,
    })
    expect(readdirSync(dir)).toEqual([])
  })

  it('leaves the disk space that others need', async () => {
    const dir = folder()
    const limits = { reserveBytes: (await freeBytes(dir)) - 16 * MiB }
    await expect(obtain(ova(repeatingVmdk(256)), { dir, limits })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringContaining('not enough disk space') as string,
    })
    expect(readdirSync(dir)).toEqual([])
  })
})

describe('a conversion that ends', () => {
  const limits = { unpackedBytes: 64 * MiB, reserveBytes: 0 }

  it.each([
    ['by the host, which has no memory left', 'kill -KILL $$', 'qemu-img was ended by SIGKILL while it converted the disk'],
    ['by a fault of the program', 'kill -SEGV $$', 'qemu-img was ended by SIGSEGV while it converted the disk'],
    [
      'since a library is missing',
      'echo "qemu-img: no libaio.so.1" >&2; exit 127',
      'qemu-img could not do its work: qemu-img: no libaio.so.1',
    ],
    ['since it may not be run', 'exit 126', 'qemu-img could not do its work: it ended with 126, without a word'],
    ['before it began', 'echo "prlimit: not permitted" >&2; exit 1', 'qemu-img could not do its work: prlimit: not permitted'],
    [
      'since a quota is used up',
      'echo "qemu-img: error while writing at byte 0: Disk quota exceeded" >&2; exit 1',
      'not enough disk space: no room was left while the disk was converted',
    ],
    [
      'since a disk of the host is broken',
      'echo "qemu-img: error while writing at byte 0: Input/output error" >&2; exit 1',
      'the converted disk could not be written: qemu-img: error while writing at byte 0: Input/output error',
    ],
  ])('%s is no fault of the image', async (_name, script, message) => {
    converter(script)
    await expect(obtain(ova(repeatingVmdk(1)), { limits })).rejects.toMatchObject({ outcome: 'infra-error', message })
  })

  it.each([
    ['of time', 'kill -XCPU $$', 'has a VMDK that takes more than 15 minutes of CPU time to convert'],
    ['of disk space', 'kill -XFSZ $$', 'unpacks to more than 64 MiB'],
    ['of disk space, by its own word', 'echo "qemu-img: x: File too large" >&2; exit 1', 'unpacks to more than 64 MiB'],
  ])('at its limit %s is one of an image too large', async (_name, script, says) => {
    converter(script)
    await expect(obtain(ova(repeatingVmdk(1)), { limits })).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringMatching(new RegExp(`x\\.ova ${says}$`)) as string,
    })
  })

  it('in words of its own about the image is told in them', async () => {
    converter('echo "qemu-img: error while reading: Invalid argument" >&2; exit 1')
    await expect(obtain(ova(repeatingVmdk(1)), { limits })).rejects.toMatchObject({
      outcome: 'image-error',
      message: expect.stringContaining(
        'has a VMDK that qemu-img cannot convert: qemu-img: error while reading: Invalid argument',
      ) as string,
    })
  })
})

describe('what converts', () => {
  // In the end it is setpriv, which tells what the kernel sends when we die; so no disk comes of it.
  const look = async (mode: number): Promise<string> => {
    const bin = converter(
      '{ cat /proc/$$/limits /proc/$$/status; printf "argument %s\\n" "$@"; } >$bin/seen; exec setpriv --dump >>$bin/seen',
      mode,
    )
    writeFileSync(join(bin, 'seen'), '')
    chmodSync(join(bin, 'seen'), 0o666)
    const refused = obtain(ova(repeatingVmdk(1)), { limits: { unpackedBytes: 64 * MiB, reserveBytes: 0 } })
    await expect(refused).rejects.toThrow('has a VMDK of which qemu-img makes no file')
    return readFileSync(join(bin, 'seen'), 'utf8')
  }
  const input = {
    driver: 'vmdk',
    backing: null,
    file: { driver: 'file', filename: 'disk0.img', 'read-only': true },
  }

  it.each([
    ['as a user that owns nothing, where we are root', 0o755],
    ['as we do, where no other user may run qemu-img', 0o700],
  ])('runs %s, and within limits', async (_name, mode) => {
    const seen = await look(mode)
    const root = process.getuid?.() === 0
    expect(Number(/^Uid:\t(\d+)/m.exec(seen)?.[1]) >= 61184).toBe(root && mode === 0o755)
    for (const line of [
      /^Max cpu time +900 +905 /m, // a signal tells the first, before SIGKILL at the second
      /^Max address space +2147483648 +2147483648 /m,
      /^Max file size +67108864 +67108864 /m,
      /^Max core file size +0 +0 /m,
      /^CapPrm:\t0+$/m,
      /^CapEff:\t0+$/m,
      /^NoNewPrivs:\t1$/m,
      /^Parent death signal: KILL$/m,
    ])
      expect(seen).toMatch(line)
    expect([...seen.matchAll(/^argument (.*)$/gm)].map(([, argument]) => argument)).toEqual([
      'convert',
      '-O',
      'qcow2',
      `json:${JSON.stringify(input)}`,
      'disk.qcow2',
    ])
  })
})
