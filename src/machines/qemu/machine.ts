import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { JobError } from '../../errors'
import { systemClock } from '../../lib/clock'
import { run, startBound, type Running } from '../../lib/process'
import type { Context, Machine, MachineListener, MachineRequest, Plan } from '../provider'
import { consoleFd, fileOf, qemuArguments, qmpFd } from './argv'
import { machineEvents } from './events'
import { chooseFirmware, privateVariables } from './firmware'
import { isoImage } from './iso9660'
import { connectQmp, type Qmp } from './qmp'

const stderrBytes = 16 * 1024

export interface QemuMachine extends Machine {
  // Ends QEMU and resolves when the process is gone.
  end(): Promise<void>
}

export interface QemuTool {
  readonly binary: string
  readonly version: readonly number[]
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
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const firmware = chooseFirmware(request.firmware)
  const seed = join(dir, `${request.name}.seed.iso`)
  const serialPort = join(dir, 'sercon-port')
  const [variables, disks] = await Promise.all([
    privateVariables(firmware, dir, request.name),
    Promise.all(request.image.disks.map((_, index) => overlay(request, index, context))),
    writeFile(
      seed,
      isoImage(
        'cidata',
        request.seed.map(({ path, content }) => ({ name: path, content })),
      ),
      { mode: 0o600 },
    ),
    writeFile(serialPort, serialPortAddress),
  ])
  const argv = qemuArguments({
    name: request.name,
    accelerator: accelerator.kind,
    version: tool.version,
    memoryBytes: request.memoryBytes,
    cpus: request.cpus,
    firmware,
    variables,
    disks,
    seed: request.seed.length > 0 ? seed : undefined,
    serialPort,
    extra: request.qemuArgs,
  })
  signal.throwIfAborted()
  const process = startBound({ file: tool.binary, args: argv, env: { IMAGE_TEST_RUN: context.marker }, extraPipes: 2 })
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
  const qmp = await control(process, listener, stderr, exited)
  const ours = { ending: false }
  const machine: QemuMachine = {
    name: request.name,
    firmware: firmware.kind,
    argv: [tool.binary, ...argv],
    stderr,
    endpoint: async () => ({
      host: '127.0.0.1',
      port: await forwardedPort(qmp),
      ...(request.hostKey === undefined ? {} : { hostKey: request.hostKey }),
    }),
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
    screenshot: () => screenshot(qmp, join(dir, `${request.name}.png`)),
    end: async () => {
      if (!ours.ending) {
        ours.ending = true
        process.kill('SIGKILL') // a throw-away overlay needs no polite end
      }
      await exited
    },
  }
  try {
    await qmp.run('cont')
  } catch (error) {
    await machine.end()
    throw refused(error, stderr())
  }
  listener.event({ kind: 'running', atMs: systemClock.now() })
  return machine
}

// SeaBIOS reads the I/O port of a serial console from this firmware file (a little-endian 64-bit number) and mirrors its screen there:
// the only way to see "No bootable device" or a boot loader without a serial terminal of its own.
const serialPortAddress = Buffer.from([0xf8, 0x03, 0, 0, 0, 0, 0, 0])

const overlay = async (request: MachineRequest, index: number, { dir, signal }: Context) => {
  const base = request.image.disks[index]
  if (!base) throw new RangeError(`no disk ${index}`)
  const path = join(dir, `${request.name}.disk${index}.qcow2`)
  const backing = base.window === undefined ? base.path : `json:${JSON.stringify({ driver: base.format, file: fileOf(base) })}`
  const size = index === 0 && request.diskBytes !== undefined ? [String(request.diskBytes)] : []
  const made = await run({
    file: 'qemu-img',
    args: ['create', '-q', '-f', 'qcow2', '-F', base.format, '-b', backing, path, ...size],
    timeoutMs: 30_000,
    signal,
  })
  if (!made.ok) {
    throw new JobError(
      'infra-error',
      `could not make the overlay for ${base.path}: ${made.stderr.trim() || 'qemu-img did not end in time'}`,
      {
        hint: 'Check that the working folder is writable and has free space.',
      },
    )
  }
  return { base, overlay: path }
}

const control = async (process: Running, listener: MachineListener, stderr: () => string, exited: Promise<void>): Promise<Qmp> => {
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
    throw refused(error, stderr())
  } finally {
    early.catch(ignore)
  }
}

const refused = (cause: unknown, stderr: string): JobError =>
  new JobError('infra-error', `QEMU did not start: ${stderr.trim().split('\n').slice(-3).join(' / ') || 'it said nothing'}`, {
    hint: 'Run `image-test doctor` on this host; qemu.log in the report holds the command line.',
    stage: 'firmware', // no further than that
    cause,
  })

// hostfwd with port 0 lets the system choose; `info usernet` tells what it chose.
const forwardedPort = async (qmp: Qmp): Promise<number> => {
  const table = await qmp.hmp('info usernet')
  const port = /TCP\[HOST_FORWARD\]\s+\d+\s+127\.0\.0\.1\s+(\d+)/.exec(table)?.[1]
  if (port === undefined)
    throw new JobError('infra-error', 'QEMU does not say which port it forwards', { hint: 'Report this with qemu.log.' })
  return Number(port)
}

const screenshot = async (qmp: Qmp, file: string): Promise<Uint8Array | undefined> => {
  try {
    await qmp.run('screendump', { filename: file, format: 'png' }, 3000)
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
