// The header of a tar member: 512 bytes of text fields, see POSIX pax(1) "ustar Interchange Format" and GNU tar's "Basic Tar Format".
import { damagedHint, type Refuse } from './refuse'

export const blockBytes = 512

export interface Header {
  readonly name: string
  readonly type: string // one character
  readonly storedBytes: number // that follow
  readonly old: boolean // of Unix V7, which has neither a magic nor a type for folders: their names end in a slash
  readonly block: Buffer
}

const posixMagic = 'ustar\x0000'
const gnuMagic = 'ustar  \0'
const noMagic = '\0'.repeat(8)

const magicOf = (block: Buffer): string => block.toString('latin1', 257, 265)

// Whether a file begins like a tar archive. The checksum makes it certain.
export const isTar = (head: Buffer): boolean =>
  head.length >= blockBytes && /^(ustar|\0{8})/.test(magicOf(head)) && checksum(head) === octal(head, 148, 8)

export const readHeader = (block: Buffer, refuse: Refuse): Header => {
  if (checksum(block) !== octal(block, 148, 8)) throw refuse('has a tar header whose checksum is wrong', damagedHint)
  const magic = magicOf(block)
  const type = String.fromCharCode(block[156] ?? 0)
  // Files, links, and folders as GNU tar marks them. Programs disagree about what any other type is in a header without a magic.
  const old = magic === noMagic && ['\0', '0', '1', '2', '5'].includes(type)
  if (!old && magic !== posixMagic && magic !== gnuMagic) {
    throw refuse('is a tar archive of a kind that is not known', 'Pack it with GNU tar or bsdtar.')
  }
  const storedBytes = number(block, 124, 12)
  if (storedBytes === undefined) throw refuse('has a tar header with an impossible size', damagedHint)
  // GNU's header keeps other things where POSIX keeps the first half of a long name.
  const prefix = magic === posixMagic ? text(block, 345, 155, refuse) : ''
  const name = text(block, 0, 100, refuse)
  return { name: prefix === '' ? name : `${prefix}/${name}`, type, storedBytes, old, block }
}

// The sum of all bytes, with blanks in the place of the sum itself.
const checksum = (block: Buffer): number => {
  let sum = 8 * 0x20
  for (let at = 0; at < blockBytes; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0
  return sum
}

const octal = (block: Buffer, at: number, length: number): number | undefined => {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(block.toString('latin1', at, at + length))?.[1]
  return digits === undefined ? undefined : parseInt(digits, 8)
}

// Octal digits, or GNU's extension for what these cannot hold: a first byte of 0x80 and a big-endian number.
export const number = (block: Buffer, at: number, length: number): number | undefined => {
  const value = block[at] === 0x80 ? Number(`0x${block.toString('hex', at + 1, at + length)}`) : octal(block, at, length)
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined
}

const text = (block: Buffer, at: number, length: number, refuse: Refuse): string => {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return decode(end === -1 ? field : field.subarray(0, end), refuse)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const decode = (bytes: Uint8Array, refuse: Refuse): string => {
  try {
    return utf8.decode(bytes)
  } catch (error) {
    throw refuse('has a member whose name is not UTF-8', 'Pack it with names of plain letters.', error)
  }
}

export const isZero = (bytes: Buffer): boolean => bytes.every((byte) => byte === 0)

// What fills the last block of so many bytes.
export const padding = (bytes: number): number => (blockBytes - (bytes % blockBytes)) % blockBytes
