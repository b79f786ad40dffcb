// Where the data of a sparse member belongs. `tar -S` leaves holes out, and that is how boxes are packed by vagrant-libvirt's own tool.
import { printable } from '../../lib/shown'
import { blockBytes, number } from './header'
import type { SyncParser } from './parser'
import { paxNumber } from './pax'
import { damagedHint, type Refuse } from './refuse'

export interface Extent {
  readonly offset: number
  readonly bytes: number
}

export interface SparseMap {
  readonly bytes: number // holes included
  readonly extents: readonly Extent[]
}

const maxExtents = 250_000

// GNU's old format: four extents in the header, 21 in each block after it.
export function* oldSparse(block: Buffer, storedBytes: number, refuse: Refuse): SyncParser<SparseMap> {
  const bytes = number(block, 483, 12)
  const extents = entries(block, 386, 4, refuse)
  for (let more = block[482] === 1; more;) {
    const next = yield { kind: 'take', bytes: blockBytes }
    const found = entries(next, 0, 21, refuse)
    more = next[504] === 1
    extents.push(...found)
    if (extents.length > maxExtents || (more && found.length < 21)) throw endless(refuse)
  }
  return checked({ bytes: bytes ?? NaN, extents }, storedBytes, refuse)
}

// Offset and size of 12 bytes each; an empty one ends the list.
const entries = (block: Buffer, at: number, count: number, refuse: Refuse): Extent[] => {
  const extents: Extent[] = []
  for (let place = at; place < at + count * 24 && block[place] !== 0; place += 24) {
    const offset = number(block, place, 12)
    const bytes = number(block, place + 12, 12)
    if (offset === undefined || bytes === undefined) throw impossible(refuse)
    extents.push({ offset, bytes })
  }
  return extents
}

// The format 1.0, which GNU tar and bsdtar write into pax archives. In front of the data stand lines of decimal numbers, filled up to whole
// blocks: how many extents there are, then offset and size of each.
export function* paxSparse(name: string, storedBytes: number, pax: ReadonlyMap<string, string>, refuse: Refuse): SyncParser<SparseMap> {
  const bytes = paxNumber(pax, 'GNU.sparse.realsize', refuse)
  if (pax.get('GNU.sparse.major') !== '1' || pax.get('GNU.sparse.minor') !== '0' || bytes === undefined) {
    throw refuse(`holds a sparse file in a format that is not known ("${printable(name)}")`, 'Pack it with tar --sparse-version=1.0.')
  }
  const numbers: number[] = []
  let mapBytes = 0
  let unfinished = ''
  const wanted = (): number => 1 + 2 * Math.min(numbers[0] ?? 0, maxExtents)
  while (numbers.length < wanted()) {
    if (mapBytes + blockBytes > storedBytes || (numbers[0] ?? 0) > maxExtents) throw endless(refuse)
    const lines = (unfinished + (yield { kind: 'take', bytes: blockBytes }).toString('latin1')).split('\n')
    mapBytes += blockBytes
    unfinished = lines.pop() ?? ''
    for (const line of lines) {
      if (numbers.length === wanted()) throw impossible(refuse)
      if (!/^\d{1,16}$/.test(line)) throw impossible(refuse)
      numbers.push(Number(line))
    }
    if (unfinished.length > 16 && numbers.length < wanted()) throw impossible(refuse)
  }
  const extents = Array.from({ length: numbers[0] ?? 0 }, (_, index) => ({
    offset: numbers[index * 2 + 1] ?? NaN,
    bytes: numbers[index * 2 + 2] ?? NaN,
  }))
  return checked({ bytes, extents }, storedBytes - mapBytes, refuse)
}

// Extents follow each other within the file, and are all that is stored.
const checked = (file: SparseMap, storedBytes: number, refuse: Refuse): SparseMap => {
  let end = 0
  let stored = 0
  for (const { offset, bytes } of file.extents) {
    if (!(offset >= end && offset + bytes <= file.bytes)) throw impossible(refuse)
    end = offset + bytes
    stored += bytes
  }
  if (stored !== storedBytes || !Number.isSafeInteger(file.bytes)) throw impossible(refuse)
  return file
}

const impossible = (refuse: Refuse): Error => refuse('has a sparse member whose map is impossible', damagedHint)
const endless = (refuse: Refuse): Error => refuse('has a sparse member whose map has no end', damagedHint)
