import { JobError } from '../../errors'
import { shownUrl } from '../../lib/shown'
import { fetchIfThere, fetchSmallFile, isServerRefusal, type IfThere, type SmallFile } from '../../fetch/small-file'
import type { Lookup } from './name-source'

// What a publisher says of its images. Lists of all of them are larger than a checksum file: Ubuntu's has some MiB.
const metadataBytes = 32 * 1024 * 1024

const roomy = ({ network }: Pick<Lookup, 'network'>) => ({
  ...network,
  limits: { ...network.limits, checksumFileBytes: metadataBytes },
})

export interface Metadata {
  readonly json: unknown
  readonly trusted: boolean // whether its digests count: it came over https, from where it was asked for
}

// image-error: it is not there, or no JSON.
export const fetchJson = async (url: URL, lookup: Lookup): Promise<Metadata> => readJson(await fetchSmallFile(url, roomy(lookup)), url)

export const fetchJsonIfThere = async (url: URL, lookup: Lookup, ifThere?: IfThere): Promise<Metadata | undefined> => {
  const file = await fetchIfThere(url, roomy(lookup), ifThere)
  return file && readJson(file, url)
}

export const fetchTextIfThere = async (url: URL, lookup: Lookup, ifThere?: IfThere): Promise<string | undefined> =>
  (await fetchIfThere(url, roomy(lookup), ifThere))?.bytes.toString('utf8')

// What the first of several addresses has that can be read as what is looked for. An address that refuses, or has a page for people, is told of
// when no other has anything.
export const firstOf = async <T>(
  urls: readonly URL[],
  lookup: Lookup,
  read: (metadata: Metadata, url: URL) => T | undefined,
): Promise<T | undefined> => {
  let refusal: JobError | undefined
  for (const url of urls) {
    const metadata = await fetchJsonIfThere(url, lookup).catch((error: unknown) => {
      if (!isServerRefusal(error)) throw error
      refusal ??= error
      return undefined
    })
    const found = metadata && read(metadata, url)
    if (found !== undefined) return found
  }
  if (refusal !== undefined) throw refusal
  return undefined
}

const readJson = ({ bytes, distrust }: SmallFile, url: URL): Metadata => {
  try {
    return { json: JSON.parse(bytes.toString('utf8')) as unknown, trusted: distrust === undefined }
  } catch (error) {
    throw unreadable(url, error)
  }
}

export const unreadable = (url: URL, cause?: unknown): JobError =>
  new JobError('image-error', `${shownUrl(url)} is not the list of images that it should be`, {
    hint: 'Try again later, or give the address of the image itself.',
    cause,
  })
