import { rm } from 'node:fs/promises'
import { obtainImage } from '../images'
import { bootRecords } from '../formats/boot-records'
import { waitReady } from '../guest/ready/ready'
import { ensureQemu } from '../machines/qemu/install'
import { qemuProvider } from '../machines/qemu'
import { makeCredentials } from './boot'

// What a run meets outside of the engine: the host, the image, machines and the way into them. Tests pass paper ones.
export const outside = {
  ensureQemu,
  obtainImage,
  bootRecords,
  makeCredentials,
  provider: qemuProvider,
  waitReady,
  removeFolder: (dir: string): Promise<void> => rm(dir, { recursive: true, force: true }),
} as const

export type Outside = typeof outside
