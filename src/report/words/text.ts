// How text, times and sizes appear in every report. Guest bytes and names that strangers chose are made harmless here.
import { terminalRows } from '../../lib/terminal'

// Reorders or hides text on the screen: bidirectional controls, zero-width characters but those that emoji and scripts need, tags; and
// halves of characters.
const deceptive = /(?![\u200c\u200d])\p{Cf}|[\u2028\u2029]|\p{Surrogate}/gu

const revealed = (char: string): string => `⟨U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`

const harmless = /^[\t\n -~]*$/ // nearly everything, so it is looked for first

// What a terminal would have shown, with no control characters but line ends and tabs; what would deceive a reader is shown as its number.
export const visible = (text: string): string =>
  harmless.test(text)
    ? text
    : text
        .split('\n')
        .map((line) => (harmless.test(line) ? line : terminalRows(line).join('\n').replace(deceptive, revealed)))
        .join('\n')

// On one line, with a limit in characters; of what is longer the start stays.
export const oneLine = (text: string, maxChars = 200): string => {
  const line = visible(text).replace(/\s+/g, ' ').trim()
  return line.length > maxChars ? `${line.slice(0, maxChars - 1).trimEnd()}…` : line
}

// The last lines of a text, within a number of lines and of characters. A first line that had to be cut begins with …
export const lastLines = (text: string, { lines, chars }: { readonly lines: number; readonly chars: number }): string => {
  const end = visible(text.slice(-4 * chars)).trimEnd() // controls that are taken out leave room for more
  const last = end.split('\n').slice(-lines).join('\n')
  return last.length > chars ? `…${last.slice(1 - chars)}` : last
}

// 4 ms, 1.2 s, 48 s, 3 min 5 s, 1 h 2 min
export const durationText = (ms: number): string => {
  if (ms < 950) return ms < 99.5 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60 ? `${minutes} min ${seconds % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

// 18.4 s, for what is measured: a boot.
export const measured = (ms: number): string => (ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : durationText(ms))
