import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { JobError } from '../../errors'
import { signatureEndings } from './beside'
import type { ImageNetwork } from '../limits'
import type { ChecksumFile, Resolved } from '../resolved'
import { printable, shownSource, urlFileName } from '../../lib/shown'
import type { Signers } from './signatures/check'
import type { Gpgv } from './signatures/gpgv'
import type { Key } from './signatures/keys'
import { keysFor } from './signatures/publisher'
import {
  fetchGuess,
  fetchIfThere,
  fetchSmallFile,
  fetchUnlessRefused,
  readSmallFile,
  type SmallFile,
  type IfThere,
} from '../../fetch/small-file'
import { readStatement, type Level, type StatementReading, type Statement } from './statement'

export interface StatementSearch {
  readonly resolved: Resolved
  readonly wanted: Level // at least; below it, nothing is waited for that nobody spoke of
  readonly signers: Signers
  readonly keys: readonly Key[]
  readonly network: ImageNetwork
  readonly gpgv: Gpgv
  readonly cwd: string
  readonly warn: (text: string) => void
}

export interface FoundStatements {
  readonly statements: readonly Statement[]
  readonly looked: readonly string[] // names of the files that were looked for
}

// The file that the user names: a path, a name beside a local image, a URL, or a name beside the image on its server.
export const fromNamed = async (written: string, search: StatementSearch): Promise<FoundStatements> => {
  const { network, wanted } = search
  const found = (statement: Statement): FoundStatements => ({ statements: [statement], looked: [shownSource(written)] })
  for (const path of localPaths(written, search)) {
    const local = await readSmallFile(path, network, search.cwd)
    if (local === undefined) continue
    const signature = () => first((ending) => readSmallFile(`${path}${ending}`, network, search.cwd))
    return found(await readStatement(local, reading(search, signature)))
  }
  const url = urlOf(written, search.resolved)
  const file = await fetchSmallFile(url, network)
  const fetch = fetcher(network, wanted)
  return found(
    await readStatement(
      file,
      reading(search, () => first((ending) => fetch(ended(url, ending)))),
    ),
  )
}

const oneOfSeveral: IfThere = { forbidden: 'missing' }

// The first of the files that an image's name stands for. When enough is known without them, one that cannot be reached counts as missing.
export const fromName = async (files: readonly ChecksumFile[], enough: boolean, search: StatementSearch): Promise<FoundStatements> => {
  const { network, warn } = search
  const hurried: ImageNetwork = enough ? { ...network, limits: { ...network.limits, failuresInARow: 1 } } : network
  const looked: string[] = []
  for (const { url, signature, keys, trusted } of files) {
    looked.push(printable(urlFileName(url)))
    const file = await fetchIfThere(url, hurried, oneOfSeveral).catch((error: unknown) => {
      network.signal.throwIfAborted()
      if (!enough || !(error instanceof JobError)) throw error
      warn(`${error.message}; its signature is not looked at`)
      return undefined
    })
    if (file === undefined) continue
    const distrust = file.distrust ?? (trusted ? undefined : 'came from a mirror, which is not trusted')
    const pinned: Signers = { kind: 'pinned', keys: search.keys.filter(({ fingerprint }) => keys.includes(fingerprint)) }
    const signers = search.signers.kind === 'given' ? search.signers : pinned
    const detached = () => (signature.kind === 'detached' ? fetchIfThere(signature.url, network, oneOfSeveral) : Promise.resolve(undefined))
    const statement = await readStatement(
      { ...file, ...(distrust === undefined ? {} : { distrust }) },
      reading({ ...search, signers }, detached),
    )
    return { statements: [statement], looked }
  }
  return { statements: [], looked }
}

// Patient where a file is needed; else everything together has a short time.
export const fetcher = (network: ImageNetwork, wanted: Level) => {
  const endMs = network.clock.now() + network.limits.besideMs
  return (url: URL): Promise<SmallFile | undefined> =>
    wanted === 'none' ? fetchGuess(url, network, endMs) : fetchUnlessRefused(url, network)
}

export const reading = (
  { resolved, wanted, signers, gpgv }: StatementSearch,
  signature: StatementReading['signature'],
): StatementReading => {
  const image = resolved.source.name
  const may = signers.kind === 'given' ? signers : { ...signers, keys: keysFor(image, signers.keys) }
  return { image, signers: may, needed: wanted === 'signature', gpgv, signature }
}

// The first signature that there is of a file.
export const first = async (look: (ending: string) => Promise<SmallFile | undefined>): Promise<SmallFile | undefined> =>
  (await Promise.all(signatureEndings.map(look))).find((file) => file !== undefined)

const ended = (url: URL, ending: string): URL => {
  const other = new URL(url)
  other.pathname += ending
  return other
}

// Where a file that the user names may be on this machine, in this order.
const localPaths = (written: string, { cwd, resolved: { source } }: StatementSearch): readonly string[] => {
  if (/^https?:\/\//i.test(written)) return []
  if (!/^file:\/\/\//i.test(written))
    return [resolve(cwd, written), ...(source.kind === 'file' ? [resolve(dirname(source.path), written)] : [])]
  try {
    return [fileURLToPath(written)]
  } catch {
    throw new JobError('config-error', `${shownSource(written)} names no file on this machine`, {
      hint: 'A % in an address begins two hexadecimal digits, and itself is %25; or give the path of the checksum file.',
    })
  }
}

const urlOf = (written: string, { source }: Resolved): URL => {
  const base = source.kind === 'url' ? source.url.href : undefined
  if (!URL.canParse(written, base)) {
    throw new JobError('image-error', `there is no checksum file ${shownSource(written)}`, {
      hint: 'Paths are relative to the working folder, or to where the image is.',
    })
  }
  const url = new URL(written, base)
  if (url.protocol === 'http:' || url.protocol === 'https:') return url
  throw new JobError('config-error', `there is no checksum file ${shownSource(written)}, and none can be fetched by ${url.protocol}`, {
    hint: 'Give a path or an http(s) URL.',
  })
}
