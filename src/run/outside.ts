import { rm } from 'node:fs/promises'
import { obtainImage } from '../images'
import { bootRecords } from '../formats/boot-records'
import { waitReady } from '../guest/ready/ready'
import { ensureQemu } from '../machines/qemu/install'
import { qemuProvider } from '../machines/qemu'
import type { RunResult } from '../results'
import { makeRunKeys } from './boot'
import { version } from './version'
import { openWorkspace } from '../host/workspace'

// What a run meets outside of the engine: the host, the image, machines and the way into them. Tests pass paper ones.
export const outside = {
  tool: (): RunResult['tool'] => ({ version, node: process.versions.node }),
  openWorkspace,
  ensureQemu,
  obtainImage,
  bootRecords,
  makeRunKeys,
  provider: qemuProvider,
  waitReady,
  removeFolder: (dir: string): Promise<void> => rm(dir, { recursive: true, force: true }),
} as const

export type Outside = typeof outside
