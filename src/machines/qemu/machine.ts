import { constants } from 'node:fs'
import { open, readFile, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { JobError } from '../../errors'
import { systemClock } from '../../lib/clock'
import type { Identity } from '../../lib/confinement'
import { startBound, type Running } from '../../lib/process'
import { StartError, type Context, type Machine, type MachineListener, type MachineRequest, type Plan } from '../provider'
import { consoleFd, firstImageFd, qemuArguments, qmpFd } from './argv'
import { machineEvents } from './events'
import { makeFiles, ownerOf } from './files'
import { findFirmware } from './firmware'
import { connectQmp, type Qmp } from './qmp'
import { secondLook } from './second-look'
import { startTpm } from './tpm'

const stderrBytes = 16 * 1024
// What QEMU takes besides the guest's memory: its code and libraries, translated code, a screen, stacks of its threads.
const spareBytes = 4 * 1024 ** 3

export interface QemuMachine extends Machine {
  // Ends QEMU and resolves when the process is gone.
  end(): Promise<void>
}

export interface QemuTool {
  readonly binary: string
  readonly version: readonly number[]
  readonly as?: Identity | undefined // as whom it runs; as we do unless told
}

// Builds the overlay and the seed, starts QEMU bound to our own life, and lets the CPUs run. infra-error | image-error
export const startMachine = async (
  request: MachineRequest,
  { accelerator }: Plan,
  tool: QemuTool,
  context: Context,
  listener: MachineListener,
): Promise<QemuMachine> => {
  const { dir, signal } = context
  const { name, arch, hardware } = request
  const firmware = findFirmware(arch, request.firmware)
  const bases = request.image.disks
  const files = await makeFiles(request, firmware, tool.as, context)
  const tpmSocket = `${name}.tpm.${context.marker}`
  const argv = qemuArguments({
    name: `image-test-${name}.${context.marker}`,
    arch,
    accelerator: accelerator.kind,
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
    seed: files.seedVolume,
    fwCfg: files.fwCfg,
    oemStrings:
      request.seed.by === 'smbios' ? request.seed.files.map(({ path, content }) => `${path}=${Buffer.from(content).toString()}`) : [],
    nic: hardware.nic,
    nics: hardware.nics,
    tpmSocket: hardware.tpm ? tpmSocket : undefined,
    extra: request.qemuArgs,
  })
  const commandLine = [tool.binary, ...argv]
  signal.throwIfAborted()
  const images = await Promise.all(bases.map(({ path }) => open(path, constants.O_RDONLY | constants.O_NONBLOCK)))
  const tpm = hardware.tpm
    ? await startTpm({ dir, socket: tpmSocket, state: `${name}.tpm`, marker: context.marker, as: tool.as, own: ownerOf(tool.as) })
    : undefined
  const process = startBound({
    file: tool.binary,
    args: argv,
    cwd: dir, // every file of the run is told by its name there: its parents may be closed to whom QEMU runs as
    env: { IMAGE_TEST_RUN: context.marker },
    extraPipes: firstImageFd - qmpFd,
    inherited: images.map(({ fd }) => fd),
    as: tool.as,
    keepsCapabilities: request.qemuArgs.length > 0, // what they name may need them
    addressBytes: request.qemuArgs.length === 0 ? request.memoryBytes + spareBytes : undefined,
  })
  await Promise.all(images.map((image) => image.close()))
  const stderr = tailOf(process.stdio[2] as Readable)
  ;(process.stdio[1] as Readable).resume()
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
      stderr: missing ? `${tool.binary}: not found` : stderr(),
    })
  })
  const qmp = await control(process, commandLine, listener, stderr, exited).catch(async (error: unknown) => {
    tpm?.kill('SIGKILL')
    await tpm?.exited
    throw error
  })
  const ours = { ending: false }
  const machine: QemuMachine = {
    name,
    firmware: firmware.kind,
    argv: commandLine,
    stderr,
    endpoint: async () => {
      const port = await forwardedPort(qmp)
      return {
        host: '127.0.0.1',
        port,
        ...(request.hostKeys === undefined ? {} : { hostKeys: request.hostKeys }),
        taken: async () => takenConnections(await qmp.hmp('info usernet'), port),
      }
    },
    power: async (action, graceMs) => {
      if (action === 'reset') await qmp.run('system_reset')
      if (action === 'shutdown') await qmp.run('system_powerdown', {}, graceMs)
      if (action === 'off') await machine.end()
    },
    answers: () =>
      qmp.run('query-status').then(
        () => true,
        () => false,
      ),
    screenshot: () => screenshot(qmp, dir, `${name}.png`),
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
    await qmp.run('cont')
  } catch (error) {
    await machine.end()
    throw error instanceof JobError ? distrusted(error, commandLine, stderr()) : refused(error, commandLine, stderr())
  }
  listener.event({ kind: 'running', atMs: systemClock.now() })
  return machine
}

const control = async (
  process: Running,
  commandLine: readonly string[],
  listener: MachineListener,
  stderr: () => string,
  exited: Promise<void>,
): Promise<Qmp> => {
  const early = exited.then(() => {
    throw new Error('QEMU exited')
  })
  try {
    const translate = machineEvents(listener)
    const connecting = connectQmp(process.stdio[qmpFd] as Socket, (event) => {
      translate(event, () => connecting)
    })
    connecting.catch(ignore)
    return await Promise.race([connecting, early])
  } catch (error) {
    process.kill('SIGKILL')
    await exited
    throw refused(error, commandLine, stderr())
  } finally {
    early.catch(ignore)
  }
}

const refused = (cause: unknown, argv: readonly string[], stderr: string): StartError =>
  new StartError(`QEMU did not start: ${stderr.trim().split('\n').slice(-3).join(' / ') || 'it said nothing'}`, argv, stderr, {
    hint: 'Run `image-test doctor` on this host; qemu.log in the report holds the command line.',
    stage: 'firmware', // no further than that
    cause,
  })

// The image's fault, with QEMU's own words beside it.
const distrusted = (cause: JobError, argv: readonly string[], stderr: string): StartError =>
  new StartError(cause.message, argv, stderr, { hint: cause.hint, cause }, 'image-error')

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

const screenshot = async (qmp: Qmp, dir: string, name: string): Promise<Uint8Array | undefined> => {
  const file = join(dir, name)
  try {
    await qmp.run('screendump', { filename: name, format: 'png' }, 3000)
    return await readFile(file)
  } catch {
    return undefined // an aid, never a reason to fail
  } finally {
    await rm(file, { force: true })
  }
}

const tailOf = (stream: Readable): (() => string) => {
  let tail = ''
  stream.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-stderrBytes)
  })
  return () => tail
}

const ignore = (): void => undefined
