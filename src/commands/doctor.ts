// `doctor`: whether this host can run jobs, with which accelerator and why. Changes nothing.
import { statfs } from 'node:fs/promises'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes } from '../errors'
import { makeFolder } from '../host/files/make-folder'
import { runsRoot } from '../host/places'
import { run } from '../host/process'
import { chooseAccelerator } from '../machines/qemu/accelerator'
import { flashFor } from '../machines/qemu/firmware'
import { printResult } from '../report/stdout/print-result'
import { command, isOn, jsonFlag, refuseWords } from './command'

// 5 when no job can run here.
export const doctorCommand = command({
  usage: 'image-test doctor [--json]',
  description: 'Tells what this machine has of what a run needs.',
  flags: { json: jsonFlag },
  read: (given, report) => {
    refuseWords('doctor', given, report)
    return { json: isOn(given, 'json') }
  },
  execute: async ({ json }) => {
    const checkup = await examineHost(runsRoot(process.env))
    await printResult(json ? JSON.stringify(checkup, undefined, 2) : renderDiagnosis(checkup))
    return checkup.ready ? 0 : exitCodes['infra-error']
  },
})

export interface Check {
  readonly name: string
  readonly ok: boolean
  readonly needed: boolean // without it no job can run; the others cost speed or a feature
  readonly text: string
}

export interface Checkup {
  readonly ready: boolean
  readonly checks: readonly Check[]
}

const minimumMemoryBytes = 2.5 * 1024 ** 3
const minimumDiskBytes = 5 * 1024 ** 3

export const examineHost = async (root: string): Promise<Checkup> => {
  const place = folder(root)
  const dir = folderIn(place.ok ? root : tmpdir())
  try {
    const programs = await Promise.all([
      program('qemu-system-x86_64', true, 'installed by the first run where apt is; else install qemu-system-x86'),
      program('qemu-img', true, 'installed by the first run where apt is; else install qemu-utils'),
      program('setpriv', true, 'install util-linux'),
      program('prlimit', true, 'install util-linux'),
      program('flock', false, 'needed to share the cache and the working folder: install util-linux'),
      program('xz', false, 'needed for .xz images: install xz-utils'),
      program('zstd', false, 'needed for .zst images: install zstd'),
      program('bzip2', false, 'needed for .bz2 images: install bzip2'),
    ])
    const checks = [system(), place, ...programs, await accelerator(dir, programs[0].ok), uefi(), await room(root), memory()]
    return { ready: checks.every(({ ok, needed }) => ok || !needed), checks }
  } finally {
    if (dir !== undefined) rmSync(dir, { recursive: true, force: true })
  }
}

const folderIn = (place: string): string | undefined => {
  try {
    return mkdtempSync(join(place, 'doctor-'))
  } catch {
    return undefined // what is wrong with the working folder is told already
  }
}

const system = (): Check => ({
  name: 'system',
  ok: process.platform === 'linux',
  needed: true,
  text: `${process.platform} ${process.arch}, Node ${process.versions.node}`,
})

const folder = (root: string): Check => {
  const about = { name: 'working folder', needed: true }
  try {
    makeFolder(root)
    rmSync(mkdtempSync(join(root, 'doctor-')), { recursive: true })
    return { ...about, ok: true, text: root }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...about, ok: false, text: `cannot be written: ${why}; set RUNNER_TEMP or XDG_CACHE_HOME to a folder that can` }
  }
}

const program = async (name: string, needed: boolean, hint: string): Promise<Check> => {
  const { missing, stdout } = await run({ file: name, args: ['--version'], timeoutMs: 10_000 })
  return { name, ok: !missing, needed, text: missing ? `not found: ${hint}` : (stdout.split('\n')[0] ?? '').trim() || 'found' }
}

const accelerator = async (dir: string | undefined, hasQemu: boolean): Promise<Check> => {
  if (!hasQemu || dir === undefined)
    return { name: 'accelerator', ok: false, needed: false, text: `not tried without ${hasQemu ? 'a folder to write to' : 'QEMU'}` }
  const { kind, reason } = await chooseAccelerator({ asked: 'auto', qemu: 'qemu-system-x86_64', dir })
  return {
    name: 'accelerator',
    ok: kind === 'kvm',
    needed: false,
    text: kind === 'kvm' ? `KVM: ${reason}` : `software emulation, 3 to 10 times slower: ${reason}`,
  }
}

const uefi = (): Check => {
  const flash = flashFor('x86_64', 'uefi')
  return {
    name: 'UEFI firmware',
    ok: flash !== undefined,
    needed: false,
    text: flash?.code ?? 'not found: install ovmf (Debian, Ubuntu) or edk2-ovmf (Fedora)',
  }
}

const room = async (root: string): Promise<Check> => {
  const { bavail, bsize } = await statfs(existsSync(root) ? root : '/')
  const free = bavail * bsize
  return { name: 'disk', ok: free >= minimumDiskBytes, needed: true, text: `${gib(free)} free in ${root}` }
}

const memory = (): Check => ({
  name: 'memory',
  ok: freemem() >= minimumMemoryBytes,
  needed: false,
  text: `${gib(freemem())} free; a machine takes 2 GiB unless told`,
})

const gib = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(1)} GiB`

const renderDiagnosis = ({ ready, checks }: Checkup): string =>
  [
    ...checks.map(({ name, ok, needed, text }) => `${ok ? '✓' : needed ? '✗' : '!'} ${name.padEnd(20)} ${text}`),
    ready ? 'This host can run jobs.' : 'This host cannot run jobs: see ✗ above.',
  ].join('\n')
