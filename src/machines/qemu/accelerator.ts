import { constants } from 'node:fs'
import { access, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { JobError } from '../../errors'
import { makeFolder } from '../../host/files/make-folder'
import { run } from '../../host/process'
import type { Architecture } from '../../lib/architecture'
import type { Accelerator } from '../../results'
import { probeDisk, probeExitCode } from './probe-guest'

// The probe guest answers in 0.1–0.3 s on a working accelerator; a broken one was never seen to answer at all.
const probeDeadlineMs = 2000
// Boots under emulation were measured at 3 to 10 times their KVM time; our defaults are generous for KVM.
export const emulationSlowdown = 3
const verdictHours = 1

export interface AcceleratorRequest {
  readonly asked: 'auto' | 'kvm' | 'tcg'
  readonly arch?: Architecture // of the guest; that of this host unless told
  readonly hostArch?: string // as Node calls it
  readonly qemu: string // path or name of the QEMU binary
  readonly dir: string // for the probe's disk
  readonly cacheFile?: string // remembers a verdict for this boot of this host
  readonly device?: string // /dev/kvm; tests name another
  readonly mayOpen?: boolean // on a hosted runner, whose machine is ours alone, sudo may make the device accessible
  readonly signal?: AbortSignal
}

// Decides how guests run, with the reason in words. That /dev/kvm exists, opens and is accepted by QEMU does not mean that guests run
// (reference: systemd/systemd#29830), so a guest of 512 bytes must prove it. infra-error: kvm was asked for and does not work.
export const chooseAccelerator = async (request: AcceleratorRequest): Promise<Accelerator> => {
  if (request.asked === 'tcg') return emulation('asked for by `accelerator: tcg`')
  const verdict = foreign(request) ?? (await kvmVerdict(request))
  if (verdict.works) return { kind: 'kvm', reason: verdict.reason, slowdown: 1 }
  if (request.asked === 'kvm') {
    throw new JobError('infra-error', `accelerator: kvm was asked for, but ${verdict.reason}`, {
      hint: 'Run on a host with working KVM, or set accelerator to auto to fall back to software emulation.',
    })
  }
  return emulation(verdict.reason)
}

const emulation = (reason: string): Accelerator => ({ kind: 'tcg', reason, slowdown: emulationSlowdown })

interface Verdict {
  readonly works: boolean
  readonly reason: string
}

const archOf: Readonly<Record<string, Architecture>> = { x64: 'x86_64', arm64: 'aarch64' }

// KVM runs the host's own instructions and no others.
const foreign = ({ arch, hostArch = process.arch }: AcceleratorRequest): Verdict | undefined => {
  const ours = archOf[hostArch]
  if (arch === undefined || arch === ours) return undefined
  return { works: false, reason: `the image is for ${arch} and this host is ${ours ?? hostArch}: KVM cannot run it` }
}

const kvmVerdict = async (request: AcceleratorRequest): Promise<Verdict> => {
  const device = request.device ?? '/dev/kvm'
  const problem = await accessProblem(device)
  if (problem === 'EACCES' && request.mayOpen === true) {
    await run({ file: 'sudo', args: ['-n', 'chmod', '0666', device], timeoutMs: 10_000, signal: request.signal })
  }
  if (problem !== undefined && (await accessProblem(device)) !== undefined) {
    const missing = problem === 'ENOENT'
    return {
      works: false,
      reason: missing
        ? `${device} does not exist (the host has no virtualisation, or does not pass it on)`
        : `${device} exists but may not be opened by this user (chmod 0666 ${device}, or join its group)`,
    }
  }
  if (request.arch === 'aarch64') return { works: true, reason: `${device} may be opened; there is no test guest for aarch64 to prove it` }
  const remembered = await recall(request.cacheFile, device)
  if (remembered) return remembered
  const verdict = await probe(request, device)
  await remember(request.cacheFile, device, verdict)
  return verdict
}

// undefined: it may be read and written.
const accessProblem = (device: string): Promise<string | undefined> =>
  access(device, constants.R_OK | constants.W_OK).then(
    () => undefined,
    (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'EACCES',
  )

const probe = async ({ qemu, dir, signal }: AcceleratorRequest, device: string): Promise<Verdict> => {
  const disk = join(dir, 'accelerator-probe.img')
  await writeFile(disk, probeDisk())
  const started = performance.now()
  const result = await run({
    file: qemu,
    args: [
      ...['-nodefaults', '-no-user-config', '-machine', 'q35', '-accel', 'kvm', '-m', '16', '-display', 'none'],
      ...['-device', 'isa-debug-exit,iobase=0xf4,iosize=1', '-no-reboot'],
      ...['-blockdev', `driver=raw,node-name=probe,read-only=on,file.driver=file,file.filename=${disk.replaceAll(',', ',,')}`],
      ...['-device', 'virtio-blk-pci,drive=probe'],
    ],
    timeoutMs: probeDeadlineMs,
    signal,
  })
  await rm(disk, { force: true })
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`
  if (result.exitCode === probeExitCode) return { works: true, reason: `a test guest ran under KVM in ${took}` }
  if (result.timedOut) {
    return {
      works: false,
      reason: `${device} exists, but a test guest that needs 0.2 s did not finish under KVM in ${probeDeadlineMs / 1000} s`,
    }
  }
  const words = result.stderr.trim().split('\n').at(-1) ?? ''
  return {
    works: false,
    reason: `${device} exists, but QEMU could not run a test guest under KVM: ${words || `it exited with ${result.exitCode ?? 'a signal'}`}`,
  }
}

// A verdict holds for one boot of the host, one device node and one hour.
const hostKey = async (device: string): Promise<string> => {
  const [boot, node] = await Promise.all([readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''), stat(device)])
  return `${boot.trim()} ${node.ino} ${node.ctimeMs}`
}

const recall = async (file: string | undefined, device: string): Promise<Verdict | undefined> => {
  if (file === undefined) return undefined
  try {
    const { key, at, verdict } = JSON.parse(await readFile(file, 'utf8')) as { key: string; at: number; verdict: Verdict }
    const fresh = Date.now() - at < verdictHours * 3_600_000 && at <= Date.now()
    return fresh && key === (await hostKey(device)) ? verdict : undefined
  } catch {
    return undefined // absent or damaged: the probe decides
  }
}

const remember = async (file: string | undefined, device: string, verdict: Verdict): Promise<void> => {
  if (file === undefined) return
  try {
    makeFolder(dirname(file))
    await writeFile(file, JSON.stringify({ key: await hostKey(device), at: Date.now(), verdict }))
  } catch {
    // A convenience: the next run probes again.
  }
}
