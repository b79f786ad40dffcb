import type { Readable } from 'node:stream'
import type { UserIdentity } from '../../host/confinement'
import { startBound, type Running } from '../../host/process'
import type { Context } from '../provider'
import { firstImageFd, qemuArguments, qmpFd, type MachineLayout } from './argv'
import { ownerOf } from './files'
import type { MachineRequest } from './request'
import { startTpm } from './tpm'

const stderrBytes = 16 * 1024
// What QEMU takes besides the guest's memory: its code and libraries, translated code, a screen, stacks of its threads.
const spareBytes = 4 * 1024 ** 3

export interface QemuTool {
  readonly binary: string
  readonly version: readonly number[]
  readonly as?: UserIdentity | undefined // as whom it runs; as we do unless told
}

export interface Launched {
  readonly process: Running
  readonly tpm: Running | undefined
  readonly commandLine: readonly string[]
  readonly stderr: () => string // the end of what it said
}

export interface Launch {
  readonly layout: Omit<MachineLayout, 'tpmSocket'>
  readonly tool: QemuTool
  readonly request: MachineRequest
  readonly context: Context
  readonly nth?: number // of the starts of this machine, when there was one before
}

// Starts QEMU, and a TPM where one is asked for, bound to our own life. infra-error: the TPM does not start.
export const launch = async ({ layout, tool, request, context: { dir, marker }, nth }: Launch): Promise<Launched> => {
  const tpmName = `${request.name}.tpm${nth ?? ''}`
  const socket = `${tpmName}.${marker}`
  const args = qemuArguments({ ...layout, tpmSocket: request.hardware.tpm ? socket : undefined })
  const tpm = request.hardware.tpm ? await startTpm({ dir, socket, state: tpmName, marker, as: tool.as, own: ownerOf(tool.as) }) : undefined
  const process = startBound({
    file: tool.binary,
    args,
    cwd: dir, // every file of the run is told by its name there: its parents may be closed to whom QEMU runs as
    env: { IMAGE_TEST_RUN: marker },
    extraPipes: firstImageFd - qmpFd,
    inherited: request.image.disks.map(({ file }) => file.fd),
    as: tool.as,
    keepsCapabilities: layout.extra.length > 0, // what they name may need them
    addressBytes: layout.extra.length === 0 ? request.memoryBytes + spareBytes : undefined,
  })
  ;(process.stdio[1] as Readable).resume()
  return { process, tpm, commandLine: [tool.binary, ...args], stderr: tailOf(process.stdio[2] as Readable) }
}

const tailOf = (stream: Readable): (() => string) => {
  let tail = ''
  stream.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-stderrBytes)
  })
  return () => tail
}
