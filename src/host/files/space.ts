import { statfs } from 'node:fs/promises'
import { JobError } from '../../errors'
import { formatBytes } from '../../lib/shown'

// Bytes that we, without being root, may still write there.
export const freeBytes = async (dir: string): Promise<number> => {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

// Gets so many bytes free where something is about to be written, at the cost of what nobody needs. Resolves with how many there are then:
// fewer when it cannot, and more than the file system tells while that does not yet count what was removed.
export type MakeRoom = (bytes: number) => Promise<number>

export interface Space {
  readonly reserveBytes: number // that must stay free
  readonly makeRoom?: MakeRoom | undefined // asked for when there is not enough
}

// infra-error when a file of so many bytes would not leave the reserve free.
export const requireSpace = async (dir: string, neededBytes: number, what: string, { reserveBytes, makeRoom }: Space): Promise<void> => {
  const bytes = neededBytes + reserveBytes
  if ((await freeBytes(dir)) >= bytes || ((await makeRoom?.(bytes)) ?? 0) >= bytes) return
  const free = formatBytes(await freeBytes(dir))
  throw noSpace(`${what} needs ${formatBytes(neededBytes)} and ${formatBytes(reserveBytes)} to spare; ${free} are free`)
}

export const noSpace = (message: string, cause?: unknown): JobError =>
  new JobError('infra-error', `not enough disk space: ${message}`, {
    hint: 'Free space on the runner (remove tools that the job does not use), or let the working folder be on a larger disk.',
    cause,
  })
