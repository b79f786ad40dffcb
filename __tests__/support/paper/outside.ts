// What a run meets outside of the engine, on paper.
import type { Disks } from '../../../src/images/disks'
import { qemuProvider } from '../../../src/machines/qemu'
import type { Outside } from '../../../src/run/outside'
import type { Workspace } from '../../../src/host/workspace'
import type { Paper } from './testbed'

export const paperWorkspace: Workspace = {
  dir: '/paper',
  marker: 'paper',
  ledger: { file: '/paper/ledger', locked: true, add: () => undefined, done: () => undefined, release: () => Promise.resolve() },
}

export const paperOutside = (paper: Paper, { obtainImage }: Pick<Outside, 'obtainImage'>): Outside => ({
  tool: () => ({ version: '0.0.0', node: '20.0.0' }),
  openWorkspace: () => Promise.resolve(paperWorkspace),
  obtainImage,
  makeRunKeys: () => ({ user: keys, host: keys }),
  provider: () => qemuProvider({}, paper.host),
  waitReady: paper.waitReady,
  removeFolder: () => Promise.resolve(),
})

const key = { private: 'private', public: 'ssh-ed25519 AAAA paper' }
const keys = { ed25519: key, ecdsa: key }

const file = { fd: -1, bytes: 1, readAt: () => Promise.resolve(Buffer.alloc(0)), unchanged: () => Promise.resolve(true) }

export const paperDisk: Disks['disks'][number] = { path: '/paper/disk', file, format: 'raw', virtualBytes: 1 }
