import { rm } from 'node:fs/promises'
import { obtainImage } from '../images'
import { waitReady } from '../guest/ready/ready'
import { providerFor } from '../machines/providers'
import type { RunResult } from '../results'
import { makeRunKeys } from '../access/keys'
import { version } from './version'
import { openWorkspace } from '../host/workspace'

// What a run meets outside of the engine: the host, the image, machines and the way into them. Tests pass paper ones.
export const outside = {
  tool: (): RunResult['tool'] => ({ version, node: process.versions.node }),
  openWorkspace,
  obtainImage,
  makeRunKeys,
  provider: providerFor,
  waitReady,
  removeFolder: (dir: string): Promise<void> => rm(dir, { recursive: true, force: true }),
} as const

export type Outside = typeof outside
