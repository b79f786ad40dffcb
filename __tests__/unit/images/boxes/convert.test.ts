import { readdirSync, statSync } from 'node:fs'
import { expect, describe, it } from 'vitest'
import { freeBytes } from '../../../../src/images/space'
import { folder, obtain, obtaining } from '../make'
import { boxFile, ovf, text } from './make-box'
import { repeatingVmdk } from './make-vmdk'

const MiB = 1024 * 1024

const ova = (...disks: readonly Buffer[]): string => {
  const members = disks.map((content, index) => ({ name: `disk${index}.vmdk`, content }))
  return boxFile([text('x.ovf', ovf(...members.map(({ name }) => name))), ...members], { name: 'x.ova' })
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
