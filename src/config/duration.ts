import type { Duration } from './job'
import { defaultOf } from './types/scalar'
import type { Scalar } from './types/type'

// Of a number that was written, or of the default of its field.
export const durationOf = (writtenMs: number | undefined, field: { readonly type: Scalar<number>; readonly default: string }): Duration =>
  writtenMs === undefined ? { ms: defaultOf(field), written: false } : { ms: writtenMs, written: true }
