// What may stand inside a word and is not seen when the word is shown: by a terminal, by a browser, or by us where we take it out or show it
// as a number. Texts are UTF-8 here, each byte a character of the string, so that a file can keep every byte that came.
import { sequences } from '../terminal'

// A text as somebody may see it, and where each of its bytes stood; without `at` they stand where they stood.
export interface View {
  readonly bytes: string
  readonly at?: Int32Array
}

// Code points with Default_Ignorable_Code_Point or of the category Cf, U+2028, U+2029, U+FFFD and the C1 controls (Unicode 16).
const invisible = [
  '\\xc2[\\x80-\\x9f\\xad]|\\xcd\\x8f|\\xd8[\\x80-\\x85\\x9c]|\\xdb\\x9d|\\xdc\\x8f',
  '\\xe0\\xa2[\\x90\\x91]|\\xe0\\xa3\\xa2|\\xe1\\x85[\\x9f\\xa0]|\\xe1\\x9e[\\xb4\\xb5]|\\xe1\\xa0[\\x8b-\\x8f]',
  '\\xe2\\x80[\\x8b-\\x8f\\xa8-\\xae]|\\xe2\\x81[\\xa0-\\xaf]|\\xe3\\x85\\xa4',
  '\\xef\\xb8[\\x80-\\x8f]|\\xef\\xbb\\xbf|\\xef\\xbe\\xa0|\\xef\\xbf[\\xb0-\\xbb\\xbd]',
  '\\xf0\\x91\\x82\\xbd|\\xf0\\x91\\x83\\x8d|\\xf0\\x93\\x90[\\xb0-\\xbf]|\\xf0\\x9b\\xb2[\\xa0-\\xa3]|\\xf0\\x9d\\x85[\\xb3-\\xba]',
  '\\xf3\\xa0[\\x80-\\xbf][\\x80-\\xbf]',
].join('|')

// The same as JSON, a shell or our own reports write them: \u0000, \x00, \b, ⟨U+200B⟩. At the end it may be the beginning of one.
const hex = '[0-9a-fA-F]'
const written = [
  `\\\\(?:u(?:00(?:[01]${hex}|7[fF]|[89]${hex}|[aA][dD])|034[fF]|061[cC]|200[b-fB-F]|202[89a-eA-E]|206${hex}|[fF][eE]0${hex}`,
  `|[fF][eE][fF]{2}|[fF]{3}[9a-dA-D])|x(?:[01]${hex}|7[fF])|[abefrv0]|u${hex}{0,3}$|x${hex}?$|$)`,
  '|\\xe2\\x9f\\xa8U\\+[0-9A-F]{4,6}\\xe2\\x9f\\xa9|\\xe2\\x9f\\xa8(?:U(?:\\+[0-9A-F]{0,6}(?:\\xe2\\x9f?)?)?)?$',
].join('')

const character = '[\\xc2-\\xdf][\\x80-\\xbf]|[\\xe0-\\xef][\\x80-\\xbf]{2}|[\\xf0-\\xf4][\\x80-\\xbf]{3}'
// What is kept is caught, so that a byte of it is not taken for one that belongs to no character.
const others = `${invisible}|${written}|((?:(?!${invisible}|\\xe2\\x9f\\xa8(?:U|$))(?:${character}))+)|[\\x80-\\xff]`

const single = new RegExp(`[\\x00-\\x08\\x0b-\\x1f\\x7f]|${others}`, 'g')
const whole = new RegExp(`${sequences}|[\\x00-\\x08\\x0b-\\x1f\\x7f]|${others}`, 'g')
const butBackspaces = new RegExp(`${sequences}|[\\x00-\\x07\\x0b-\\x1f\\x7f]|${others}`, 'g')
const any = /[\0-\x08\x0b-\x1f\\\x7f-\xff]/ // eslint-disable-line no-control-regex -- they are the subject

// All the ways in which a text may be seen, as it came first: without single characters that are not seen, without whole sequences of a
// terminal, and with what backspaces take away.
export const viewsOf = (bytes: string): readonly View[] => {
  const came = { bytes }
  if (!any.test(bytes)) return [came]
  const views = [came, without(bytes, single)]
  if (bytes.includes('\x1b')) views.push(without(bytes, whole))
  if (bytes.includes('\b')) views.push(backspaced(without(bytes, butBackspaces)))
  return views
}

export const uninterrupted = (bytes: string): string => without(bytes, single).bytes

const without = (bytes: string, dropped: RegExp): View => {
  const at = new Int32Array(bytes.length)
  let kept = ''
  let length = 0
  let from = 0
  const keep = (to: number): void => {
    kept += bytes.slice(from, to)
    for (; from < to; from += 1) at[length++] = from
  }
  for (const match of bytes.matchAll(dropped)) {
    if (match[1] !== undefined) continue
    keep(match.index)
    from = match.index + match[0].length
  }
  keep(bytes.length)
  return length === bytes.length ? { bytes } : { bytes: kept, at: at.subarray(0, length) }
}

// On a terminal the cursor goes back by one character, and what follows is written over it.
const backspaced = ({ bytes, at }: View): View => {
  const left: number[] = []
  for (let index = 0; index < bytes.length; index += 1) {
    if (bytes[index] !== '\b') left.push(index)
    else while (left.length > 0 && bytes[left.at(-1) ?? 0] !== '\n' && isRest(bytes.charCodeAt(left.pop() ?? 0)));
  }
  return { bytes: left.map((index) => bytes.charAt(index)).join(''), at: Int32Array.from(left, (index) => at?.[index] ?? index) }
}

const isRest = (byte: number): boolean => (byte & 0xc0) === 0x80 // of a character of several bytes
