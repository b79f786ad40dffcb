import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ImageRequest } from '../config/job'
import { JobError } from '../errors'
import { digestsFor } from './checksum-file'
import { createDigester, parseChecksum, type Expected } from './digests'
import { download, type Download } from './download'
import { downloadError } from './download-errors'
import type { Source } from './source'
import { formatBytes, printable, shownUrl, urlFileName } from './shown'

export type Network = Pick<Download, 'signal' | 'deadlineMs' | 'clock' | 'limits' | 'onProgress'>

// The digests that the image must have, from whoever was asked: the job itself, a checksum file, or nobody.
// config-error: what is asked contradicts itself. image-error: the checksum file has none, or cannot be had.
export const expectedDigests = async (
  request: ImageRequest,
  source: Source,
  cwd: string,
  network: Network,
): Promise<readonly Expected[]> => {
  const { checksum, checksumFile, verify } = request
  if (verify === 'signature') {
    throw new JobError('config-error', 'verify: signature is not supported yet', {
      hint: 'Use verify: checksum with `checksum` or `checksum-file`.',
    })
  }
  if (verify === 'none') return []
  const expected = [
    ...(checksum === undefined ? [] : [parseChecksum(checksum)]),
    ...(checksumFile === undefined ? [] : await fromFile(checksumFile, source, cwd, network)),
  ]
  if (verify === 'checksum' && expected.length === 0) {
    throw new JobError('config-error', 'verify: checksum needs a digest, and none is given', {
      hint: 'Give `checksum: sha256:…` or `checksum-file`.',
    })
  }
  return expected
}

const fromFile = async (written: string, source: Source, cwd: string, network: Network): Promise<readonly Expected[]> => {
  const limit = network.limits.checksumFileBytes
  const path = await localPath(written, cwd)
  if (path !== undefined) {
    if ((await stat(path)).size > limit) throw tooLarge(printable(written), limit)
    return digestsFor(await readFile(path, 'utf8'), source.name, basename(path))
  }
  // On the image's own server, beside it, or wherever an address says.
  const base = source.kind === 'url' ? source.url.href : undefined
  if (!URL.canParse(written, base)) {
    throw new JobError('image-error', `there is no checksum file ${printable(written)}`, {
      hint: 'Paths are relative to the working folder.',
    })
  }
  const url = new URL(written, base)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new JobError('config-error', `there is no checksum file ${printable(written)}, and none can be fetched by ${url.protocol}`, {
      hint: 'Give a path or an http(s) URL.',
    })
  }
  return digestsFor(await fetchText(url, limit, network), source.name, urlFileName(url))
}

const localPath = async (written: string, cwd: string): Promise<string | undefined> => {
  if (/^https?:\/\//i.test(written)) return undefined
  const path = /^file:\/\/\//i.test(written) ? fileURLToPath(written) : resolve(cwd, written)
  return (await stat(path).catch(() => undefined))?.isFile() === true ? path : undefined
}

const fetchText = async (url: URL, limit: number, network: Network): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  await download({
    ...network,
    url,
    name: urlFileName(url),
    digester: createDigester(),
    mayDowngrade: false,
    onLength: () => Promise.resolve(),
    sink: (chunk) => {
      bytes += chunk.length
      if (bytes > limit) throw tooLarge(shownUrl(url), limit)
      chunks.push(chunk)
      return Promise.resolve()
    },
  }).catch((error: unknown) => {
    throw downloadError(error, shownUrl(url))
  })
  return Buffer.concat(chunks).toString('utf8')
}

const tooLarge = (shown: string, limit: number): JobError =>
  new JobError('image-error', `${shown} is larger than ${formatBytes(limit)}, too large for a checksum file`, {
    hint: 'Is this the image itself?',
  })
