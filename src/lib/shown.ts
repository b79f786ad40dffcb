// How sizes, names and addresses appear in messages.
import { stripControls } from './lines'
import { decodePercent } from './percent'

const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

// 583729152 → '557 MiB', 1610612736 → '1.5 GiB'
export const formatBytes = (bytes: number): string => {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit] ?? ''}`
}

// A string that a stranger chose (a file name of a pull request, a path inside a disk's header), made harmless for one line of a log.
export const printable = (text: string, maxChars = 120): string => {
  const line = stripControls(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')
  return line.length > maxChars ? `${line.slice(0, maxChars)}…` : line
}

// Without user, password, query and fragment: a signed query is a password as well.
export const shownUrl = (url: URL): string => printable(`${url.protocol}//${url.host}${url.pathname}`, 300)

// An image's source as it was written, without the secrets that a URL may carry, also one inside a name.
export const shownSource = (source: string): string =>
  /^[a-z][a-z0-9+.-]*:\/\//i.test(source) && URL.canParse(source)
    ? shownUrl(new URL(source))
    : printable(source.replace(/(:\/\/)[^/?#]*@/, '$1'), 300)

// The last part of a URL's path, as a file of that name would be called.
export const urlFileName = (url: URL): string => decodePercent(url.pathname.split('/').findLast((part) => part !== '') ?? url.hostname)
