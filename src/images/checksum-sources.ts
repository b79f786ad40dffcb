import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { JobError } from '../errors'
import { besideNames, signatureEndings } from './beside'
import { digestsFor } from './checksum-file'
import { refuseContradiction } from './contradiction'
import type { Network } from './download'
import type { ChecksumFile, Resolved } from './resolved'
import { printable, urlFileName } from './shown'
import type { Signers } from './signatures/check'
import { wordsOf } from './signatures/clear-signed'
import type { Gpgv } from './signatures/gpgv'
import type { Key } from './signatures/keys'
import { keysFor } from './signatures/publisher'
import { fetchGuess, fetchIfThere, fetchSmallFile, readSmallFile, type SmallFile } from './small-file'
import { readStatement, strongest, type Level, type Reading, type Statement } from './statement'

export interface Search {
  readonly resolved: Resolved
  readonly wanted: Level // at least; below it, nothing is waited for that nobody spoke of
  readonly signers: Signers
  readonly keys: readonly Key[]
  readonly network: Network
  readonly gpgv: Gpgv
  readonly cwd: string
  readonly warn: (text: string) => void
}

export interface Found {
  readonly statements: readonly Statement[]
  readonly looked: readonly string[] // names of the files that were looked for
}

// The file that the user names: a path, a URL, or a name beside the image on its server.
export const fromNamed = async (written: string, search: Search): Promise<Found> => {
  const { network, wanted, cwd } = search
  const found = (statement: Statement): Found => ({ statements: [statement], looked: [printable(written)] })
  const path = localPath(written, cwd)
  const local = path === undefined ? undefined : await readSmallFile(path, network)
  if (path !== undefined && local !== undefined) {
    return found(
      await readStatement(
        local,
        reading(search, () => first((ending) => readSmallFile(`${path}${ending}`, network))),
      ),
    )
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

// The first of the files that an image's name stands for. When enough is known without them, one that cannot be reached counts as missing.
export const fromName = async (files: readonly ChecksumFile[], enough: boolean, search: Search): Promise<Found> => {
  const { network, warn } = search
  const hurried: Network = enough ? { ...network, limits: { ...network.limits, failuresInARow: 1 } } : network
  const looked: string[] = []
  for (const { url, signature, keys, trusted } of files) {
    looked.push(printable(urlFileName(url)))
    const file = await fetchIfThere(url, hurried).catch((error: unknown) => {
      network.signal.throwIfAborted()
      if (!enough || !(error instanceof JobError)) throw error
      warn(`${error.message}; its signature is not looked at`)
      return undefined
    })
    if (file === undefined) continue
    const distrust = file.distrust ?? (trusted ? undefined : 'came from a mirror, which is not trusted')
    const pinned: Signers = { kind: 'pinned', keys: search.keys.filter(({ fingerprint }) => keys.includes(fingerprint)) }
    const signers = search.signers.kind === 'given' ? search.signers : pinned
    const detached = () => (signature.kind === 'detached' ? fetchIfThere(signature.url, network) : Promise.resolve(undefined))
    const statement = await readStatement(
      { ...file, ...(distrust === undefined ? {} : { distrust }) },
      reading({ ...search, signers }, detached),
    )
    return { statements: [statement], looked }
  }
  return { statements: [], looked }
}

// What lies beside the image on its server. Nobody named these files: one that is missing or about other images is passed over, and without
// need one that is slow. A wrong signature is not.
export const fromBeside = async (image: URL, search: Search): Promise<Found> => {
  const { network, wanted, resolved } = search
  if (network.limits.besideMs === 0) return { statements: [], looked: [] }
  const { name } = resolved.source
  const looked = besideNames(name)
  const fetch = fetcher(network, wanted)
  const urls = looked.map((file) => new URL(encodeURIComponent(file), image))
  const files = await Promise.all(urls.map(async (url) => ({ url, file: await fetch(url) })))
  const statements: Statement[] = []
  for (const { url, file } of files) {
    if (file === undefined || !lists(file, name)) continue
    statements.push(
      await readStatement(
        file,
        reading(search, () => first((ending) => fetch(ended(url, ending)))),
      ),
    )
  }
  return { statements: agreed(statements, resolved.source.shown), looked: looked.map((file) => printable(file)) }
}

// The one that proves most. image-error when another tells another digest, unless only that other one came from a mirror or over http.
const agreed = (statements: readonly Statement[], shown: string): readonly Statement[] => {
  const best = strongest(statements)
  if (best === undefined) return []
  const heard = statements.filter(({ level }) => level !== 'none' || best.level === 'none')
  refuseContradiction(
    heard.flatMap(({ digests }) => digests),
    shown,
  )
  return [best]
}

// Patient where a file is needed; else everything together has a short time.
const fetcher = (network: Network, wanted: Level) => {
  const endMs = network.clock.now() + network.limits.besideMs
  return (url: URL): Promise<SmallFile | undefined> => (wanted === 'none' ? fetchGuess(url, network, endMs) : fetchIfThere(url, network))
}

const reading = ({ resolved, signers, gpgv }: Search, signature: Reading['signature']): Reading => {
  const image = resolved.source.name
  return { image, signers: signers.kind === 'given' ? signers : { ...signers, keys: keysFor(image, signers.keys) }, gpgv, signature }
}

const first = async (look: (ending: string) => Promise<SmallFile | undefined>): Promise<SmallFile | undefined> =>
  (await Promise.all(signatureEndings.map(look))).find((file) => file !== undefined)

const ended = (url: URL, ending: string): URL => {
  const other = new URL(url)
  other.pathname += ending
  return other
}

// A digest without a name is this image's only in a file that is called after it.
const lists = (file: SmallFile, image: string): boolean => {
  const text = wordsOf(file.bytes)
  if (!file.name.startsWith(`${image}.`) && !text.includes(image)) return false
  try {
    return digestsFor(text, image, file.name).length > 0
  } catch {
    return false
  }
}

const localPath = (written: string, cwd: string): string | undefined => {
  if (/^https?:\/\//i.test(written)) return undefined
  if (!/^file:\/\/\//i.test(written)) return resolve(cwd, written)
  try {
    return fileURLToPath(written)
  } catch {
    throw new JobError('config-error', `${printable(written)} names no file on this machine`, {
      hint: 'A % in an address begins two hexadecimal digits, and itself is %25; or give the path of the checksum file.',
    })
  }
}

const urlOf = (written: string, { source }: Resolved): URL => {
  const base = source.kind === 'url' ? source.url.href : undefined
  if (!URL.canParse(written, base)) {
    throw new JobError('image-error', `there is no checksum file ${printable(written)}`, {
      hint: 'Paths are relative to the working folder.',
    })
  }
  const url = new URL(written, base)
  if (url.protocol === 'http:' || url.protocol === 'https:') return url
  throw new JobError('config-error', `there is no checksum file ${printable(written)}, and none can be fetched by ${url.protocol}`, {
    hint: 'Give a path or an http(s) URL.',
  })
}
