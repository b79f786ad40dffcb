import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { besideNames } from './beside'
import { digestsFor } from './checksum-file'
import { fetcher, first, reading, type FoundStatements, type StatementSearch } from './checksum-sources'
import { refuseContradiction } from './contradiction'
import type { Expected } from '../../lib/digests'
import { printable } from '../../lib/shown'
import { wordsOf } from './signatures/clear-signed'
import { readSmallFile, type SmallFile } from '../../fetch/small-file'
import { readStatement, strongest, type StatementReading, type Statement } from './statement'

// What lies beside the image, on its server or in its folder. Nobody named these files: one that is missing or about other images is passed
// over, and without need one that is slow. A wrong signature is not.
export const fromBeside = async (search: StatementSearch): Promise<FoundStatements> => {
  const { network, resolved } = search
  const { source } = resolved
  if (network.limits.besideMs === 0) return { statements: [], looked: [] }
  const { names, get } = source.kind === 'url' ? onServer(source.url, search) : await inFolder(source.path, search)
  const files = await Promise.all(names.map(async (name) => ({ name, file: await get(name) })))
  const statements: Statement[] = []
  for (const { name, file } of files) {
    if (file === undefined || !lists(file, source.name)) continue
    const read = reading(search, () => first((ending) => get(`${name}${ending}`)))
    statements.push(await (source.kind === 'url' ? readStatement : readLocal)(file, read))
  }
  return { statements: agreed(statements, source.shown), looked: names.map((name) => printable(name)) }
}

interface Beside {
  readonly names: readonly string[]
  readonly get: (name: string) => Promise<SmallFile | undefined>
}

const onServer = (image: URL, { network, wanted, resolved }: StatementSearch): Beside => {
  const fetch = fetcher(network, wanted)
  return { names: besideNames(resolved.source.name), get: (name) => fetch(new URL(encodeURIComponent(name), image)) }
}

// In a folder it can be seen what there is, so that the checksums of a compose are found whatever the image is called by now.
const inFolder = async (image: string, { network, cwd }: StatementSearch): Promise<Beside> => {
  const dir = dirname(image)
  const listed = (await readdir(dir).catch(() => [])).filter((name) => name.endsWith('-CHECKSUM')).sort()
  return {
    names: [...new Set([...besideNames(basename(image)), ...listed])],
    get: (name) => readSmallFile(join(dir, name), network, cwd).catch(() => undefined), // too large, not to be read, or a link out of the checkout
  }
}

// Whoever made a local image may have written its checksum as well: that it is still the same is shown, not whose it is.
const readLocal = async (file: SmallFile, read: StatementReading): Promise<Statement> => {
  const { by, ...statement } = await readStatement(file, read)
  const digests = statement.digests.map((digest): Expected => ({ ...digest, beside: true }))
  return { ...statement, digests, by: statement.level === 'signature' ? by : `${by}, which lies beside the image` }
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
