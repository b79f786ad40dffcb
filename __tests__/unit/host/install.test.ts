import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ensurePackages, missingPrograms, type Packages } from '../../../src/host/packages'
import { ensureQemu } from '../../../src/machines/qemu/install'

// A PATH of its own with a little apt-get on it, which notes how it was called.
let bin: string
beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), 'install-'))
  vi.stubEnv('PATH', bin)
  symlinkSync('/usr/bin/env', join(bin, 'env'))
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(bin, { recursive: true })
})

const program = (name: string, ...lines: readonly string[]): void => {
  const file = join(bin, name)
  writeFileSync(file, ['#!/bin/sh', 'PATH=$PATH:/usr/bin:/bin', `echo "${name} $*" >> ${bin}/calls`, ...lines, ''].join('\n'))
  chmodSync(file, 0o755)
}
const calls = (): string[] => readFileSync(join(bin, 'calls'), 'utf8').trimEnd().split('\n')
const putTool = (): string => `touch ${bin}/frobnicate && chmod 755 ${bin}/frobnicate`

const ensure = (more: Partial<Packages> = {}): Promise<void> =>
  ensurePackages({
    missing: () => missingPrograms(['frobnicate']),
    packages: ['frob-utils'],
    elsewhere: 'Install frobnicate first.',
    signal: new AbortController().signal,
    isRoot: true,
    ...more,
  })
const install = 'apt-get -o DPkg::Lock::Timeout=60 install --no-install-recommends -y frob-utils'
const update = 'apt-get -o DPkg::Lock::Timeout=60 update'

describe('ensurePackages', () => {
  it('does nothing when everything is there', async () => {
    program('frobnicate')
    await ensure()
    expect(existsSync(join(bin, 'calls'))).toBe(false)
  })

  it('installs off the index that is there, without asking questions', async () => {
    program('apt-get', `echo "$DEBIAN_FRONTEND" >> ${bin}/frontend`, putTool())
    const progress: string[] = []
    await ensure({ onProgress: (text) => progress.push(text) })
    expect(calls()).toEqual([install])
    expect(readFileSync(join(bin, 'frontend'), 'utf8')).toBe('noninteractive\n')
    expect(progress).toEqual(['installing frob-utils'])
  })

  it('refreshes the index when the installation fails, and tries again', async () => {
    program('apt-get', `case "$*" in *update) touch ${bin}/fresh; exit;; esac`, `[ -e ${bin}/fresh ] || exit 100`, putTool())
    await ensure()
    expect(calls()).toEqual([install, update, install])
  })

  it('says what apt says when it fails for good', async () => {
    program('apt-get', 'echo Reading package lists...', 'echo "E: Unable to locate package frob-utils" >&2', 'exit 100')
    await expect(ensure()).rejects.toMatchObject({
      outcome: 'infra-error',
      message: 'frobnicate not found, and frob-utils could not be installed: apt-get failed: Unable to locate package frob-utils',
      hint: 'Install it first: sudo apt-get install frob-utils',
    })
  })

  it('gives up on a mirror that hangs', async () => {
    program('apt-get', 'exec sleep 60')
    await expect(ensure({ timeoutMs: 3000 })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(/apt-get did not end within 3 s$/) as string,
    })
    expect(calls()).toEqual([install])
  })

  it('ends at once when the job is cancelled', async () => {
    program('apt-get', 'exec sleep 60')
    const controller = new AbortController()
    const ending = expect(ensure({ signal: controller.signal })).rejects.toThrow('cancelled')
    controller.abort(new Error('cancelled'))
    await ending
  })

  it('notices when the packages do not bring what is missing', async () => {
    program('apt-get')
    await expect(ensure()).rejects.toMatchObject({
      outcome: 'infra-error',
      message: 'frobnicate not found, although apt-get installed frob-utils',
    })
  })

  it('names what is missing where there is no apt', async () => {
    await expect(ensure()).rejects.toMatchObject({
      outcome: 'infra-error',
      message: 'frobnicate not found, and there is no apt-get to install it with',
      hint: 'Install frobnicate first.',
    })
  })

  it('goes through sudo when it is not root', async () => {
    program('apt-get', putTool())
    program('sudo', 'shift', 'exec "$@"')
    await ensure({ isRoot: false })
    expect(calls()).toEqual([
      'sudo -n env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=60 install --no-install-recommends -y frob-utils',
      install,
    ])
  })

  it('passes on what sudo says when it wants a password', async () => {
    program('apt-get', putTool())
    program('sudo', 'echo "sudo: a password is required" >&2', 'exit 1')
    await expect(ensure({ isRoot: false })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: expect.stringMatching(/apt-get failed: sudo: a password is required$/) as string,
    })
  })

  it('needs root or sudo', async () => {
    program('apt-get', putTool())
    await expect(ensure({ isRoot: false })).rejects.toMatchObject({
      outcome: 'infra-error',
      message: 'frobnicate not found, and only root may install it: there is no sudo',
    })
  })
})

it.each(['setpriv', 'prlimit'])('names %s when it is missing, which QEMU is started by', async (name) => {
  for (const other of ['setpriv', 'prlimit', 'qemu-img', 'qemu-system-x86_64']) if (other !== name) program(other)
  await expect(ensureQemu({ signal: new AbortController().signal })).rejects.toMatchObject({
    outcome: 'infra-error',
    message: `${name} not found, and there is no apt-get to install it with`,
    hint: 'Install util-linux first, on Fedora: sudo dnf install util-linux',
  })
})

it('tells a user of Fedora what QEMU is called there', async () => {
  const signal = new AbortController().signal
  for (const name of ['setpriv', 'prlimit']) program(name)
  const hint = 'Install QEMU first, on Fedora: sudo dnf install qemu-system-x86-core qemu-img edk2-ovmf'
  await expect(ensureQemu({ signal })).rejects.toMatchObject({ outcome: 'infra-error', hint })
})
