// Exceptions with an end: past its last day an exception no longer holds, and somebody is told.
import type { Location } from '../results'
import { place } from './problems'

export interface Today {
  readonly today: string // YYYY-MM-DD, in UTC
  readonly warn: (text: string) => void
}

interface Exception {
  readonly until?: string
}

// The exception while it holds, else undefined.
export const whileItHolds = <E extends Exception>(
  exception: E | undefined,
  what: string,
  location: Location | undefined,
  { today, warn }: Today,
): E | undefined => {
  if (exception?.until === undefined || today <= exception.until) return exception
  warn(`${location === undefined ? '' : `${place(location)}: `}${what} ended on ${exception.until} and no longer holds`)
  return undefined
}
