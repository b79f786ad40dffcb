import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseAccelerator } from '../../../../src/machines/qemu/accelerator'

const dir = mkdtempSync(join(tmpdir(), 'accelerator-'))
const device = join(dir, 'kvm')
writeFileSync(device, '')

const qemu = (name: string, script: string): string => {
  const file = join(dir, name)
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
  return file
}
const works = qemu('works', 'exit 85')
const hangs = qemu('hangs', 'exec sleep 86400')
const refuses = qemu('refuses', 'echo "could not access KVM kernel module: No such device" >&2; exit 1')

describe('the accelerator', () => {
  it('is KVM when a test guest runs under it', async () => {
    expect(await chooseAccelerator({ asked: 'auto', qemu: works, dir, device })).toMatchObject({ kind: 'kvm', slowdown: 1 })
  })

  it('is software emulation when the test guest does not answer in time, and says so', async () => {
    const { kind, reason } = await chooseAccelerator({ asked: 'auto', qemu: hangs, dir, device })
    expect(kind).toBe('tcg')
    expect(reason).toContain('did not finish under KVM in 2 s')
  })

  it('is software emulation with the words of QEMU when it refuses', async () => {
    expect((await chooseAccelerator({ asked: 'auto', qemu: refuses, dir, device })).reason).toContain('No such device')
  })

  it('is software emulation without the device', async () => {
    expect((await chooseAccelerator({ asked: 'auto', qemu: works, dir, device: join(dir, 'none') })).reason).toContain('does not exist')
  })

  it('is what was asked for', async () => {
    expect(await chooseAccelerator({ asked: 'tcg', qemu: works, dir, device })).toMatchObject({ kind: 'tcg' })
    await expect(chooseAccelerator({ asked: 'kvm', qemu: refuses, dir, device })).rejects.toMatchObject({ outcome: 'infra-error' })
  })

  it('is never KVM for an image of another processor', async () => {
    const foreign = { qemu: works, dir, device, arch: 'aarch64', hostArch: 'x64' } as const
    expect(await chooseAccelerator({ asked: 'auto', ...foreign })).toMatchObject({
      kind: 'tcg',
      reason: 'the image is for aarch64 and this host is x86_64: KVM cannot run it',
    })
    await expect(chooseAccelerator({ asked: 'kvm', ...foreign })).rejects.toMatchObject({ outcome: 'infra-error' })
    expect(await chooseAccelerator({ asked: 'auto', ...foreign, arch: 'x86_64' })).toMatchObject({ kind: 'kvm' })
  })

  it('remembers its verdict for this boot of the host', async () => {
    const cacheFile = join(dir, 'verdict.json')
    await chooseAccelerator({ asked: 'auto', qemu: works, dir, device, cacheFile })
    expect(await chooseAccelerator({ asked: 'auto', qemu: refuses, dir, device, cacheFile })).toMatchObject({ kind: 'kvm' })
    writeFileSync(cacheFile, '{damaged')
    expect(await chooseAccelerator({ asked: 'auto', qemu: refuses, dir, device, cacheFile })).toMatchObject({ kind: 'tcg' })
  })

  it.each(['/proc/no/home/accelerator.json', join(dir, 'works', 'accelerator.json')])(
    'works as well where nothing can be remembered: %s',
    async (cacheFile) => {
      expect(await chooseAccelerator({ asked: 'auto', qemu: works, dir, device, cacheFile })).toMatchObject({ kind: 'kvm' })
    },
  )
})
