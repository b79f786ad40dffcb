import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { basename, join } from 'node:path'
import { JobError } from '../../errors'
import { imageChanged } from '../../formats/disk-file'
import type { Disk } from '../../formats/disk'
import { printable } from '../../lib/shown'
import { systemClock } from '../../lib/clock'
import { readForeign } from '../../host/files/foreign-file'
import type { Running } from '../../host/process'
import { StartError, type Context, type Evidence, type Machine, type MachineListener } from '../provider'
import { consoleFd, firstImageFd, qmpFd } from './argv'
import { findCulprit, trialOf, type Culprit } from './culprit'
import { machineEvents } from './events'
import { makeFiles } from './files'
import { findFirmware } from './firmware'
import { launch, type QemuTool } from './launch'
import { connectQmp, type Qmp } from './qmp'
import { runBy } from './plan'
import type { MachineRequest } from './request'
import { secondLook } from './second-look'

export interface QemuMachine extends Machine {
  // Ends QEMU and resolves when the process is gone.
  end(): Promise<void>
}

// Builds the overlay and the seed, starts QEMU bound to our own life, and lets the CPUs run. infra-error | image-error
export const startMachine = async (
  request: MachineRequest,
  tool: QemuTool,
  context: Context,
  listener: MachineListener,
): Promise<QemuMachine> => {
  const { dir, signal } = context
  const { name, arch, hardware } = request
  const firmware = findFirmware(arch, request.firmware)
  const bases = request.image.disks
  const files = await makeFiles(request, firmware, tool.as, context)
  const layout = {
    name: `image-test-${name}.${context.marker}`,
    arch,
    accelerator: request.accelerator,
    version: tool.version,
    memoryBytes: request.memoryBytes,
    cpus: request.cpus,
    firmware,
    variables: files.variables,
    bus: hardware.diskBus,
    disks: [
      ...bases.map((base, index) => ({ overlay: files.overlays[index] ?? '', base: { ...base, fd: firstImageFd + index } })),
      ...files.emptyDisks.map((file) => ({ overlay: file })),
    ],
    sectorBytes: request.sectorBytes,
    seed: files.seedVolume,
    fwCfg: files.fwCfg,
    oemStrings:
      request.seed.by === 'smbios' ? request.seed.files.map(({ path, content }) => `${path}=${Buffer.from(content).toString()}`) : [],
    nic: hardware.nic,
    nics: hardware.nics,
    extra: request.qemuArgs,
  }
  signal.throwIfAborted()
  await requireUnchanged(bases)
  const first = { layout, tool, request, context }
  const { process, tpm, commandLine, stderr } = await launch(first)
  const console = process.stdio[consoleFd] as Socket
  console.on('data', (chunk: Buffer) => {
    listener.console(chunk, systemClock.now())
  })
  console.on('error', ignore) // the end is told by the process
  const exited = process.exited.then(({ exitCode, signal: by, missing }) => {
    listener.event({
      kind: 'gone',
      atMs: systemClock.now(),
      exitCode,
      signal: by,
      stderr: missing ? 'setpriv not found: install util-linux' : stderr(), // which tells when it finds no QEMU
    })
  })
  const qmp = await control(process, listener, exited).catch(async (error: unknown) => {
    process.kill('SIGKILL')
    tpm?.kill('SIGKILL')
    await Promise.all([exited, tpm?.exited])
    // One that had to be ended, by us or for want of memory, is the host's.
    const { signal: by } = await process.exited
    const culprit = by === 'SIGKILL' ? 'host' : await findCulprit(trialOf(first), layout.extra.length > 0)
    throw refused(name, error, atStart(commandLine, stderr()), culprit, bases)
  })
  const ours = { ending: false }
  const machine: QemuMachine = {
    name,
    runBy,
    endpoint: async () => {
      const port = await forwardedPort(qmp)
      return {
        host: '127.0.0.1',
        port,
        ...(request.hostKeys === undefined ? {} : { hostKeys: request.hostKeys }),
        taken: async () => takenConnections(await qmp.hmp('info usernet'), port),
      }
    },
    answers: () =>
      qmp.run('query-status').then(
        () => true,
        () => false,
      ),
    evidence: () => ({
      argv: commandLine,
      log: stderr(),
      screenshot: () => screenshot(qmp, join(dir, `${name}.png`), tool.as?.uid ?? ourUid()),
    }),
    end: async () => {
      if (!ours.ending) {
        ours.ending = true
        process.kill('SIGKILL') // a throw-away overlay needs no polite end
        tpm?.kill('SIGKILL')
      }
      await Promise.all([exited, tpm?.exited])
    },
  }
  try {
    await secondLook(qmp, bases)
    await requireUnchanged(bases)
    await qmp.run('cont')
  } catch (error) {
    await machine.end()
    const evidence = atStart(commandLine, stderr())
    throw error instanceof JobError ? distrusted(name, error, evidence) : refused(name, error, evidence)
  }
  listener.event({ kind: 'running', atMs: systemClock.now() })
  return machine
}

// Nothing of the guest has run yet. image-error
const requireUnchanged = async (disks: readonly Disk[]): Promise<void> => {
  for (const { path, file } of disks) if (!(await file.unchanged())) throw imageChanged(path)
}

const control = (process: Running, listener: MachineListener, exited: Promise<void>): Promise<Qmp> => {
  const early = exited.then(() => {
    throw new Error('QEMU exited')
  })
  early.catch(ignore)
  const translate = machineEvents(listener)
  const connecting = connectQmp(process.stdio[qmpFd] as Socket, (event) => {
    translate(event, () => connecting)
  })
  connecting.catch(ignore)
  return Promise.race([connecting, early])
}

const atStart = (argv: readonly string[], log: string): Evidence => ({ argv, log, screenshot: () => Promise.resolve(undefined) })

const refused = (
  name: string,
  cause: unknown,
  evidence: Evidence,
  culprit: Culprit = 'host',
  [base]: readonly Pick<Disk, 'path'>[] = [],
): StartError => {
  const said = evidence.log.trim().split('\n').slice(-3).join(' / ') || 'it said nothing'
  if (culprit === 'image') {
    const words = printable(said.replace(/^\S*qemu-system-\w+: (-blockdev \{.*\}: )?/, ''), 300)
    return new StartError(
      name,
      `QEMU does not take ${printable(base?.path ?? '', 300)}: ${words}`,
      evidence,
      {
        hint: 'The same QEMU starts with an empty disk. Make the image anew, with nothing that is younger than this QEMU, or install a newer one.',
        cause,
      },
      'image-error',
    )
  }
  if (culprit === 'arguments') {
    return new StartError(
      name,
      `QEMU does not take \`qemu-args\`: ${said}`,
      evidence,
      {
        hint: 'The same QEMU starts without them. What it takes, `qemu-system-x86_64 -help` lists.',
        cause,
      },
      'config-error',
    )
  }
  return new StartError(name, `QEMU did not start: ${said}`, evidence, {
    hint: 'Run `image-test doctor` on this host; qemu.log in the report holds the command line.',
    stage: 'firmware', // no further than that
    cause,
  })
}

// The image's fault, with QEMU's own words beside it.
const distrusted = (name: string, cause: JobError, evidence: Evidence): StartError =>
  new StartError(name, cause.message, evidence, { hint: cause.hint, cause }, 'image-error')

// hostfwd with port 0 lets the system choose; `info usernet` tells what it chose.
const forwardedPort = async (qmp: Qmp): Promise<number> => {
  const table = await qmp.hmp('info usernet')
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(table)?.[1]
  if (port === undefined)
    throw new JobError('infra-error', 'QEMU does not say which port it forwards', { hint: 'Report this with qemu.log.' })
  return Number(port)
}

// QEMU accepts a connection at once; SYN_SENT says that nothing in the guest has taken it.
export const takenConnections = (table: string, port: number): number =>
  table.split('\n').filter((line) => new RegExp(`TCP\\[ESTABLISHED\\]\\s+\\d+\\s+127\\.0\\.0\\.1\\s+${port}\\s`).test(line)).length

// Far more than any screen takes.
export const screenBytes = 32 * 1024 * 1024
const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

// The guest may have taken over QEMU, which owns the folder: what lies there may be anything, such as a link to a file of the host.
const screenshot = async (qmp: Qmp, file: string, owner: number): Promise<Uint8Array | undefined> => {
  try {
    await qmp.run('screendump', { filename: basename(file), format: 'png' }, 3000)
    const png = await readForeign(file, { owner, maxBytes: screenBytes })
    return png.subarray(0, pngSignature.length).equals(pngSignature) ? png : undefined
  } catch {
    return undefined // an aid, never a reason to fail
  } finally {
    await rm(file, { force: true }).catch(() => undefined)
  }
}

const ourUid = (): number => process.getuid?.() ?? 0

const ignore = (): void => undefined
