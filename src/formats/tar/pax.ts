// What a pax header says of the member that follows: lines of `LENGTH KEY=VALUE`, the length in bytes and of the whole line.
import { decode } from './header'
import { damagedHint, type Refuse } from './refuse'

export const readPax = (bytes: Buffer, refuse: Refuse): ReadonlyMap<string, string> => {
  const values = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at)
    const digits = blank === -1 ? '' : bytes.toString('latin1', at, blank)
    const end = at + Number(digits)
    const equals = bytes.indexOf(0x3d, blank)
    if (!/^[1-9]\d{0,6}$/.test(digits) || end > bytes.length || bytes[end - 1] !== 0x0a || equals === -1 || equals >= end) {
      throw refuse('has a pax header that cannot be read', damagedHint)
    }
    const key = bytes.toString('latin1', blank + 1, equals)
    // Of no interest, and bytes of any kind.
    if (!/^(SCHILY|LIBARCHIVE|RHT)\./.test(key)) {
      if (values.has(key)) throw refuse(`has a pax header that says ${JSON.stringify(key)} twice`, damagedHint)
      values.set(key, decode(bytes.subarray(equals + 1, end - 1), refuse))
    }
    at = end
  }
  return values
}

// A size in a pax header is decimal.
export const paxNumber = (values: ReadonlyMap<string, string>, key: string, refuse: Refuse): number | undefined => {
  const written = values.get(key)
  if (written === undefined) return undefined
  const value = Number(written)
  if (!/^\d{1,16}$/.test(written) || !Number.isSafeInteger(value)) {
    throw refuse('has a pax header with an impossible size', damagedHint)
  }
  return value
}
