import type { Network } from '../fetch/download'
import type { FetchLimits } from '../fetch/limits'

// The numbers of this room in one place. Tests pass smaller ones.
export interface Limits extends FetchLimits {
  readonly restarts: number // from the first byte, when the file changed on the server meanwhile
  readonly unpackedBytes: number // what an archive may grow to, holes included
  readonly expansion: { readonly fromBytes: number; readonly times: number } // what is unpacked beyond fromBytes is at most so many times what came
  readonly reserveBytes: number // disk space that is left to everybody else
  readonly virtualBytes: number // the largest disk a guest may see
  readonly besideMs: number // for checksum files that nobody named but that may lie beside an image; 0 looks for none
  readonly boxMembers: number // files and folders in a box or OVA
  readonly boxTextBytes: number // of metadata.json, a Vagrantfile, an OVF
  readonly hashAtOnceBytes: number // local files up to here are hashed before the boot, larger ones beside it
}

// The network with all of them: how far an image may grow is no matter of the network.
export type ImageNetwork = Network & { readonly limits: Limits }

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB

export const defaultLimits: Limits = {
  stallMs: 20_000,
  firstRetryMs: 1000,
  longestRetryMs: 30_000,
  failuresInARow: 6, // 1 + 2 + 4 + 8 + 16 s of pauses
  ranges: { connections: 4, pieceBytes: 8 * MiB, measureMs: 2000, slowBytesPerSecond: 24 * MiB, leastBytes: 64 * MiB },
  restarts: 2,
  redirects: 10,
  unpackedBytes: 64 * GiB,
  expansion: { fromBytes: 4 * GiB, times: 1000 }, // 300 MB in a disk of 100 GiB are 350 times
  reserveBytes: GiB,
  virtualBytes: 2048 * GiB,
  checksumFileBytes: MiB,
  besideMs: 5000,
  boxMembers: 1000,
  boxTextBytes: MiB,
  hashAtOnceBytes: 64 * MiB,
}
