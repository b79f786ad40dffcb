import { statfs } from 'node:fs/promises'
import { JobError } from '../errors'
import { formatBytes } from './shown'

// Bytes that we, without being root, may still write there.
export const freeBytes = async (dir: string): Promise<number> => {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}

// infra-error when a file of so many bytes would not leave the reserve free.
export const requireSpace = async (dir: string, neededBytes: number, reserveBytes: number, what: string): Promise<void> => {
  const free = await freeBytes(dir)
  if (free - neededBytes >= reserveBytes) return
  throw noSpace(`${what} needs ${formatBytes(neededBytes)} and ${formatBytes(reserveBytes)} to spare; ${formatBytes(free)} are free`)
}

export const noSpace = (message: string, cause?: unknown): JobError =>
  new JobError('infra-error', `not enough disk space: ${message}`, {
    hint: 'Free space on the runner (remove tools that the job does not use), or let the working folder be on a larger disk.',
    cause,
  })
