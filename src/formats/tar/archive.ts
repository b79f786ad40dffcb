import { formatBytes, printable } from '../../lib/shown'
import { blockBytes, decode, isZero, padding, readHeader, type Header } from './header'
import { memberName } from './name'
import type { Member, MemberSink, Parser, SyncParser } from './parser'
import { paxNumber, readPax } from './pax'
import { damagedHint, type Refuse } from './refuse'
import { oldSparse, paxSparse, type SparseMap } from './sparse'

export interface TarOptions {
  readonly refuse: Refuse
  readonly maxMembers: number // headers of all kinds
  readonly maxBytes: number // of all files together, holes included
  readonly signal: AbortSignal
  // Where a file's content goes; undefined to pass over it. Called before any of its bytes are looked at; may throw to refuse it.
  readonly onMember: (member: Member) => MemberSink | undefined
}

// What one or several headers say of the member after them.
interface Ahead {
  readonly longName?: string
  readonly pax?: ReadonlyMap<string, string>
}

// Reads what follows each other in an archive: headers, the files they describe, and its end.
export async function* archive({ refuse, maxMembers, maxBytes, onMember, signal }: TarOptions, position: () => number): Parser {
  let ahead: Ahead = {}
  let left = maxBytes
  const breathe = breathing(signal)
  for (let count = 1; ; count += 1) {
    const block = yield { kind: 'take', bytes: blockBytes }
    if (isZero(block)) break
    if (count > maxMembers) throw refuse(`has more than ${maxMembers} members`, 'A box holds a handful of files.')
    const header = readHeader(block, refuse)
    if (isAhead(header)) {
      ahead = { ...ahead, ...(yield* readAhead(header, ahead, refuse)) }
      continue
    }
    const member = yield* describe(header, ahead, refuse)
    ahead = {}
    if (member === undefined) continue
    left -= member.bytes
    if (left < 0) throw refuse(`unpacks to more than ${formatBytes(maxBytes)}`, 'A small archive that grows so much is a trap.')
    const sink = onMember({ name: member.name, bytes: member.bytes, ...(isWhole(member) ? { offset: position() } : {}) })
    yield* content(member, sink, breathe)
    await sink?.end()
    yield { kind: 'pass', bytes: padding(member.storedBytes), to: undefined }
  }
  if (Object.keys(ahead).length > 0) throw refuse('ends with the header of a member that is not there', damagedHint)
  yield { kind: 'over' }
}

const aheadBytes = 64 * 1024
const isAhead = ({ type }: Header): boolean => type === 'L' || type === 'x' || type === 'g'

function* readAhead({ type, storedBytes }: Header, before: Ahead, refuse: Refuse): SyncParser<Ahead> {
  if (storedBytes === 0 || storedBytes > aheadBytes) throw refuse('has a header of an impossible size', damagedHint)
  const bytes = yield { kind: 'take', bytes: storedBytes }
  yield { kind: 'pass', bytes: padding(storedBytes), to: undefined }
  if (type === 'L') {
    if (before.longName !== undefined) throw refuse('has two names for one member', damagedHint)
    return { longName: decode(bytes.subarray(0, bytes.indexOf(0) === -1 ? bytes.length : bytes.indexOf(0)), refuse) }
  }
  const pax = readPax(bytes, refuse)
  if (type === 'x') {
    if (before.pax !== undefined) throw refuse('has two pax headers for one member', damagedHint)
    return { pax }
  }
  // git archive leaves its commit there; anything else would change all members.
  if ([...pax.keys()].some((key) => key !== 'comment')) {
    throw refuse('has a pax header for all its members', 'Pack it without --pax-option.')
  }
  return {}
}

interface Described extends SparseMap {
  readonly name: string
  readonly storedBytes: number // with the map of its extents, if that is in front
}

const links = 'A box has no links: pack the files themselves (tar -h).'

// undefined for a folder, of which nothing is needed.
function* describe(
  header: Header,
  { longName, pax = new Map<string, string>() }: Ahead,
  refuse: Refuse,
): SyncParser<Described | undefined> {
  const { type, block, old } = header
  // What the header itself says may be cut short anywhere when one of the others is there.
  const written = pax.get('GNU.sparse.name') ?? pax.get('path') ?? longName ?? header.name
  const name = memberName(written, refuse)
  const shown = printable(name)
  const storedBytes = paxNumber(pax, 'size', refuse) ?? header.storedBytes
  switch (type) {
    case '0':
    case '\0':
    case '7':
    case 'S': {
      if (old && written.endsWith('/') && storedBytes === 0) return undefined
      if (name === '') throw refuse('has a file without a name', damagedHint)
      if (written.endsWith('/')) throw refuse(`has a file with the name of a folder ("${shown}")`, damagedHint)
      if (type === 'S') return { name, storedBytes, ...(yield* oldSparse(block, storedBytes, refuse)) }
      if ([...pax.keys()].some((key) => key.startsWith('GNU.sparse.')))
        return { name, storedBytes, ...(yield* paxSparse(name, storedBytes, pax, refuse)) }
      return { name, bytes: storedBytes, storedBytes, extents: [{ offset: 0, bytes: storedBytes }] }
    }
    case '5':
      if (storedBytes !== 0) throw refuse(`has a folder with content ("${shown}")`, damagedHint)
      return undefined
    case '1':
      throw refuse(`holds a hard link ("${shown}")`, links)
    case '2':
    case 'K':
      throw refuse(`holds a symbolic link ("${shown}")`, links)
    case '3':
    case '4':
      throw refuse(`holds a device ("${shown}")`, 'Pack plain files only.')
    case '6':
      throw refuse(`holds a named pipe ("${shown}")`, 'Pack plain files only.')
    default:
      throw refuse(`holds a member of the unknown type "${printable(type)}" ("${shown}")`, 'Pack plain files only.')
  }
}

const isWhole = ({ bytes, extents: [only, another] }: Described): boolean => only?.bytes === bytes && another === undefined

// Hands on a file's bytes in order, zeros where it has holes.
async function* content({ bytes, extents }: Described, sink: MemberSink | undefined, breathe: () => Promise<void>): Parser {
  let at = 0
  const hole = async (end: number): Promise<void> => {
    if (sink === undefined) return
    for (; at < end; at = Math.min(at + zeros.length, end)) {
      await breathe()
      await sink.write(zeros.subarray(0, Math.min(zeros.length, end - at)))
    }
  }
  for (const extent of extents) {
    await hole(extent.offset)
    yield { kind: 'pass', bytes: extent.bytes, to: sink }
    at = extent.offset + extent.bytes
  }
  await hole(bytes)
}

const zeros = Buffer.alloc(1024 * 1024)
const zerosAtOnce = 64 // some 50 ms of SHA-256

// Nothing is read while holes are filled, and a sink that writes nothing waits for nothing: without a pause no timer, signal or deadline would be
// heard of for minutes.
const breathing = (signal: AbortSignal): (() => Promise<void>) => {
  let written = 0
  return async () => {
    written += 1
    if (written % zerosAtOnce !== 0) return
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
  }
}
