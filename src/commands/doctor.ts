// `doctor`: whether this host can run jobs, with which accelerator and why. Changes nothing.
import { statfs } from 'node:fs/promises'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { exitCodes } from '../errors'
import { makeFolder } from '../host/files/make-folder'
import { runsRoot } from '../host/places'
import { findProgram } from '../host/find-program'
import type { HostCheck } from '../machines/provider'
import { providerFor } from '../machines/providers'
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

export interface Checkup {
  readonly ready: boolean
  readonly checks: readonly HostCheck[]
}

const minimumMemoryBytes = 2.5 * 1024 ** 3
const minimumDiskBytes = 5 * 1024 ** 3

const packers = [
  ['flock', 'needed to share the cache and the working folder: install util-linux'],
  ['xz', 'needed for .xz images: install xz-utils'],
  ['zstd', 'needed for .zst images: install zstd'],
  ['bzip2', 'needed for .bz2 images: install bzip2'],
] as const

export const examineHost = async (root: string): Promise<Checkup> => {
  const place = folder(root)
  const dir = folderIn(place.ok ? root : tmpdir())
  try {
    const provider = providerFor('qemu', { isHostedRunner: false })
    const tools = await Promise.all(packers.map(([name, hint]) => findProgram(name, false, hint)))
    const checks = [system(), place, ...(await provider.examine(dir)), ...tools, await room(root), memory()]
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

const system = (): HostCheck => ({
  name: 'system',
  ok: process.platform === 'linux',
  needed: true,
  text: `${process.platform} ${process.arch}, Node ${process.versions.node}`,
})

const folder = (root: string): HostCheck => {
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

const room = async (root: string): Promise<HostCheck> => {
  const { bavail, bsize } = await statfs(existsSync(root) ? root : '/')
  const free = bavail * bsize
  return { name: 'disk', ok: free >= minimumDiskBytes, needed: true, text: `${gib(free)} free in ${root}` }
}

const memory = (): HostCheck => ({
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
