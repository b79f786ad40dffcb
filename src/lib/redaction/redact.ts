import { uninterrupted, viewsOf, type View } from './interruptions'
import { secretForms } from './secret-forms'

// Replaces secrets by ***, in every form in which a program may print them and whatever stands between their characters that is not seen.
// Overlapping secrets are replaced together, and so is the beginning of one where a text was cut (…). Everything that we show or write goes
// through here.
export interface Redactor {
  readonly text: (text: string) => string // a whole text: a secret may not go on in another
  readonly stream: () => RedactedStream
}

// Bytes that come in pieces, each a character of a string (latin1), so that none is lost. What could be the start of a secret is held back
// until the next piece decides, and nothing else.
export interface RedactedStream {
  push(bytes: string): string
  end(): string
}

// Values of one or two characters are left alone: masking them would tell more than it hides.
export const redactor = (secrets: readonly string[]): Redactor => {
  const forms = bytesOf(secretForms(secrets))
  if (forms.length === 0) return { text: (text) => text, stream: () => ({ push: (chunk) => chunk, end: () => '' }) }
  const index = indexOf(forms)
  return {
    text: (text) => {
      const bytes = plain.test(text) ? text : toBytes(text)
      const shown = withoutBeginnings(replaced(bytes, index).out, index)
      return shown === bytes ? text : Buffer.from(shown, 'latin1').toString()
    },
    stream: () => redactedStream(index),
  }
}

const plain = /^[\0-\x7f]*$/ // ASCII is its own UTF-8

const toBytes = (text: string): string => Buffer.from(text).toString('latin1')

// A form in which something is never seen, such as a line's \r, is looked for without it too.
const bytesOf = (forms: readonly string[]): readonly string[] => {
  const bytes = forms.map(toBytes)
  return [...new Set([...bytes, ...bytes.map(uninterrupted)])].filter(({ length }) => length > 2)
}

const mask = '***'

// Forms by a hash of their first three characters; `known` says in one look that nothing starts here, which is nearly always so.
interface FormIndex {
  readonly known: Uint8Array
  readonly byHash: ReadonlyMap<number, readonly string[]> // longest first
  readonly longest: number
  readonly starts: ReadonlySet<string> // the first one and two characters of every form
}

const indexOf = (forms: readonly string[]): FormIndex => {
  const known = new Uint8Array(0x10000)
  const byHash = new Map<number, string[]>()
  for (const form of [...forms].sort((a, b) => b.length - a.length)) {
    const hash = hashOf(form.charCodeAt(0), form.charCodeAt(1), form.charCodeAt(2))
    known[hash] = 1
    byHash.set(hash, [...(byHash.get(hash) ?? []), form])
  }
  const starts = new Set(forms.flatMap((form) => [form.slice(0, 1), form.slice(0, 2)]))
  return { known, byHash, longest: Math.max(...forms.map(({ length }) => length)), starts }
}

const hashOf = (a: number, b: number, c: number): number => ((a * 31 + b) * 31 + c) & 0xffff

// Calls back with the start and the end of every place where a form stands, from left to right; of several with one start, the longest.
const eachMatch = (text: string, { known, byHash }: FormIndex, found: (start: number, end: number) => void): void => {
  let a = text.charCodeAt(0)
  let b = text.charCodeAt(1)
  for (let start = 0; start + 2 < text.length; start += 1) {
    const c = text.charCodeAt(start + 2)
    const hash = hashOf(a, b, c)
    a = b
    b = c
    if (known[hash] === 0) continue
    const form = byHash.get(hash)?.find((candidate) => text.startsWith(candidate, start))
    if (form !== undefined) found(start, start + form.length)
  }
}

// Where secrets stand in a text, however it is seen, from left to right.
const matches = (bytes: string, index: FormIndex): readonly Match[] => {
  const found: Match[] = []
  const views = viewsOf(bytes)
  for (const { bytes: seen, at } of views) {
    eachMatch(seen, index, (start, end) => {
      found.push(at === undefined ? { start, end } : { start: at[start] ?? 0, end: (at[end - 1] ?? 0) + 1 })
    })
  }
  return views.length === 1 ? found : found.sort((a, b) => a.start - b.start)
}

interface Match {
  readonly start: number
  readonly end: number
}

// The text up to `limit` with its secrets replaced, and where the last of these ends, which may be past the limit. What stands before
// `covered` belongs to a secret that was already replaced.
const replaced = (text: string, index: FormIndex, covered = 0, limit = text.length): { readonly out: string; readonly end: number } => {
  let out = ''
  let end = covered
  for (const match of matches(text, index)) {
    if (match.start >= limit) break
    if (match.start >= end) {
      out += text.slice(end, match.start) + mask
      end = match.end
    } else {
      end = Math.max(end, match.end)
    }
  }
  return { out: out + text.slice(Math.min(end, limit), limit), end }
}

const cutMark = toBytes('…')
const leastOfBeginning = 6

// What stands before each mark of a cut may be the beginning of a secret whose rest was cut off.
const withoutBeginnings = (text: string, index: FormIndex): string => {
  if (!text.includes(cutMark)) return text
  const parts = text.split(cutMark)
  return parts
    .map((part, at) => {
      if (at === parts.length - 1) return part
      const bare = part.replace(/ $/, '')
      const start = undecided(bare, index, leastOfBeginning).start
      return start === bare.length ? part : `${bare.slice(0, start)}${mask}${part.slice(bare.length)}`
    })
    .join(cutMark)
}

// What is never seen may be held back for so long; a secret with more than that inside has its beginning replaced at once.
export const mostHeld = 4096

const redactedStream = (index: FormIndex): RedactedStream => {
  let held = ''
  let covered = 0 // characters at the start of `held` for which a mask was already written
  return {
    push: (chunk) => {
      const text = held + chunk
      const { start: limit, seen } = undecided(text, index)
      const { out, end } = replaced(text, index, covered, limit)
      covered = Math.max(end - limit, 0)
      held = text.slice(limit)
      if (held.length <= index.longest + mostHeld) return out
      const marked = covered > 0 ? out : out + mask
      held = seen
      covered = seen.length
      return marked
    },
    end: () => {
      const { out } = replaced(held, index, covered)
      held = ''
      covered = 0
      return out
    },
  }
}

// The first place from which on a text, however it is seen, could be the start of a secret whose rest is still to come; its length when there
// is none. A backspace may still take the last character away. seen: what is seen from there on.
const undecided = (text: string, index: FormIndex, least = 1): { readonly start: number; readonly seen: string } => {
  const views = viewsOf(text)
  const [came] = views as [View]
  const last = views.at(-1) ?? came
  const shorter = { ...last, bytes: last.bytes.replace(/[^\n\x80-\xbf][\x80-\xbf]*$/, '') }
  let first = { start: text.length, seen: '' }
  for (const { bytes, at } of [...views, shorter]) {
    const from = startOfUndecided(bytes, index, least)
    const start = from === bytes.length ? text.length : (at?.[from] ?? from)
    if (start < first.start) first = { start, seen: bytes.slice(from) }
  }
  return first
}

// The first place from which on the text could be the start of a secret whose rest is still to come, of at least so many characters; its
// length when there is none.
const startOfUndecided = (text: string, { byHash, known, longest, starts }: FormIndex, least = 1): number => {
  for (let start = Math.max(text.length - longest + 1, 0); start <= text.length - least; start += 1) {
    const left = text.length - start
    if (left < 3) {
      if (starts.has(text.slice(start))) return start
      continue
    }
    const hash = hashOf(text.charCodeAt(start), text.charCodeAt(start + 1), text.charCodeAt(start + 2))
    if (known[hash] === 0) continue
    const rest = text.slice(start)
    if (byHash.get(hash)?.some((form) => form.length > left && form.startsWith(rest))) return start
  }
  return text.length
}
