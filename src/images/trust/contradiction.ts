import { JobError } from '../../errors'
import type { Expected } from '../../lib/digests'
import { printable } from '../../lib/shown'

// Two who vouch for different bytes: no image can be both, so none need be fetched.
export const refuseContradiction = (expected: readonly Expected[], shown: string): void => {
  for (const [index, { algorithm, hex, from }] of expected.entries()) {
    const other = expected.slice(0, index).find((before) => before.algorithm === algorithm && before.hex !== hex)
    if (other === undefined) continue
    throw new JobError(
      'image-error',
      `${algorithm} of ${shown} is ${printable(other.hex)} (${other.from}), but ${printable(hex)} (${from})`,
      {
        hint: 'One of the two is out of date or was exchanged; try again later, or give the digest that you trust as `checksum`.',
      },
    )
  }
}
