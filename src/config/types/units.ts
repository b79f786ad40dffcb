// Types with a unit or a calendar.
import { accepted, refused, scalar } from './scalar'
import type { Scalar } from './type'

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }
const longestSeconds = 7 * 24 * 3600

const durationFrom = (leastSeconds: 0 | 1): Scalar<number> =>
  scalar({
    expected: 'a duration with its unit such as 30s, 5m or 1h',
    placeholder: 'DURATION',
    schema: { type: 'string', pattern: leastSeconds === 0 ? '^[0-9]{1,6}[smh]$' : '^0*[1-9][0-9]{0,5}[smh]$' },
    parse: (written) => {
      const [, number, unit] = /^(\d{1,6})([smh])$/.exec(written) ?? []
      const seconds = Number(number) * (secondsOf[unit ?? ''] ?? NaN)
      if (seconds > longestSeconds) return { ok: false, because: 'longer than a week' }
      return seconds >= leastSeconds ? accepted(seconds * 1000) : refused
    },
  })

// Milliseconds; at least a second, since it limits something.
export const duration = durationFrom(1)

// Milliseconds; may be none at all.
export const pause = durationFrom(0)

// Bytes; M and G are powers of 1024.
export const size: Scalar<number> = scalar({
  expected: 'a size in M or G such as 512M or 2G',
  placeholder: 'SIZE',
  schema: { type: 'string', pattern: '^[1-9][0-9]{0,5}[MG]$' },
  parse: (written) => {
    const [, number, unit] = /^([1-9]\d{0,5})([MG])$/.exec(written) ?? []
    return unit === undefined ? refused : accepted(Number(number) * 1024 ** (unit === 'G' ? 3 : 2))
  },
})

// A day as YYYY-MM-DD that the calendar has.
export const date: Scalar<string> = scalar({
  expected: 'a date such as 2027-01-31',
  placeholder: 'DATE',
  schema: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
  parse: (written) => {
    const milliseconds = /^\d{4}-\d\d-\d\d$/.test(written) ? Date.parse(`${written}T00:00:00Z`) : NaN
    return !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(written) ? accepted(written) : refused
  },
})
