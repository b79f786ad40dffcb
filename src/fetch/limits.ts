import type { RangeLimits } from './ranges'

// The numbers of fetching in one place.
export interface FetchLimits {
  readonly stallMs: number // no byte for so long counts as a broken connection
  readonly firstRetryMs: number // doubled from failure to failure
  readonly longestRetryMs: number
  readonly failuresInARow: number // without a byte gained in between; the deadline ends it sooner
  readonly ranges: RangeLimits
  readonly redirects: number
  readonly checksumFileBytes: number // also of a signature or a key
}
