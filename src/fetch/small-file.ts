import { basename } from 'node:path'
import { readNamed } from '../host/checkout'
import { JobError } from '../errors'
import { codeOf } from '../lib/error-code'
import { hostTime } from '../lib/host-time'
import { retry } from '../lib/retry'
import type { Network } from './download'
import { downloadError, mayPass } from './download-errors'
import { HttpStatusError, open } from './http'
import { formatBytes, printable, shownUrl, urlFileName } from '../lib/shown'

// A checksum file, a signature or a key, whole.
export interface SmallFile {
  readonly name: string // its own, harmless in messages
  readonly bytes: Buffer
  readonly distrust?: string // why nothing in it is proven by where it comes from: 'came over http, …'
}

// Fetches a small file. image-error: the server says no, or it is too large. infra-error: it cannot be reached.
export const fetchSmallFile = async (url: URL, { signal, deadlineMs, clock, limits, credentials, env }: Network): Promise<SmallFile> => {
  const once = async (): Promise<SmallFile> => {
    // Over http it proves nothing by itself, but it may be signed.
    const response = await open({ ...limits, url, signal, mayDowngrade: true, authorization: credentials?.(url), env })
    try {
      const chunks: Buffer[] = []
      let bytes = 0
      for await (const chunk of response.body()) {
        bytes += chunk.length
        if (bytes > limits.checksumFileBytes) throw tooLarge(shownUrl(url), limits.checksumFileBytes)
        chunks.push(chunk)
      }
      const distrust = distrustOf(response.by)
      return { name: printable(urlFileName(url)), bytes: Buffer.concat(chunks), ...(distrust === undefined ? {} : { distrust }) }
    } finally {
      response.close()
    }
  }
  let pauseMs = 0
  try {
    return await retry(once, {
      signal,
      clock,
      deadlineMs,
      when: (error, attempt) => {
        const asked = error instanceof HttpStatusError ? error.retryAfterMs : undefined
        pauseMs = asked ?? Math.min(limits.firstRetryMs * 2 ** (attempt - 1), limits.longestRetryMs)
        return attempt < limits.failuresInARow && mayPass(error)
      },
      delayMs: () => pauseMs,
    })
  } catch (error) {
    signal.throwIfAborted()
    throw downloadError(error, shownUrl(url))
  }
}

export interface IfThere {
  // 403 is what S3 says of a file that is missing to whoever may not list the bucket. So it does where the server is known to be open, or
  // something else will do as well; elsewhere it is told.
  readonly forbidden: 'told' | 'missing'
}

// The same for a file that need not be there: undefined when the server says that it is not. A server that refuses in another way, such as
// one that needs a login, has said nothing of what there is.
export const fetchIfThere = (url: URL, network: Network, { forbidden }: IfThere = { forbidden: 'told' }): Promise<SmallFile | undefined> =>
  fetchSmallFile(url, network).catch((error: unknown) => {
    const status = error instanceof JobError && error.cause instanceof HttpStatusError ? error.cause.status : 0
    if ([404, 410, ...(forbidden === 'missing' ? [403] : [])].includes(status)) return undefined
    throw error
  })

// For a file that nobody spoke of but that is needed: whatever the server says against it, it is not there.
export const fetchUnlessRefused = (url: URL, network: Network): Promise<SmallFile | undefined> =>
  fetchSmallFile(url, network).catch((error: unknown) => {
    if (isServerRefusal(error)) return undefined
    throw error
  })

// Whether a server answered, and not with what was asked for.
export const isServerRefusal = (error: unknown): error is JobError => error instanceof JobError && error.outcome === 'image-error'

// For a file that nobody spoke of: one try, in what is left of a short time, and whatever goes wrong, it is not there.
export const fetchGuess = async (url: URL, network: Network, endMs: number): Promise<SmallFile | undefined> => {
  const leftMs = endMs - network.clock.now()
  if (leftMs <= 0) return undefined
  const timer = new AbortController()
  const cancel = hostTime.after(leftMs, () => {
    timer.abort()
  })
  const hurried = { ...network, signal: AbortSignal.any([network.signal, timer.signal]), limits: { ...network.limits, failuresInARow: 1 } }
  try {
    return await fetchSmallFile(url, hurried)
  } catch {
    network.signal.throwIfAborted()
    return undefined
  } finally {
    cancel()
  }
}

// undefined when there is no such file. config-error: it cannot be read, or is a link out of the checkout, which is cwd or the workspace.
export const readSmallFile = async (path: string, { limits, env = {} }: Network, cwd: string): Promise<SmallFile | undefined> => {
  const name = printable(basename(path))
  const bytes = await readNamed(path, limits.checksumFileBytes, { cwd, env }).catch((cause: unknown) => {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'ENXIO'].includes(codeOf(cause))) return undefined
    throw new JobError('config-error', `${name} cannot be read (${codeOf(cause) || 'no reason is known'})`, {
      hint: 'Let this user read the file.',
      cause,
    })
  })
  if (bytes === undefined || bytes === 'not a file') return undefined
  if (bytes === 'leads out') {
    throw new JobError('config-error', `${name} is a link that leads out of the checkout, or nowhere`, {
      hint: 'Put the file itself there.',
    })
  }
  if (typeof bytes === 'string') throw tooLarge(name, limits.checksumFileBytes)
  return { name, bytes }
}

// A server vouches for what it sends over https itself. Where it sends us on to, a mirror may hold anything.
const distrustOf = ([asked, ...others]: readonly URL[]): string | undefined => {
  if (asked === undefined) return undefined
  if ([asked, ...others].some(({ protocol }) => protocol !== 'https:')) return 'came over http, where anybody on the way may exchange it'
  const away = others.find(({ host }) => host !== asked.host)
  return away && `came from ${printable(away.host)}, to which ${printable(asked.host)} redirects, and a mirror is not trusted`
}

const tooLarge = (shown: string, limit: number): JobError =>
  new JobError(
    'image-error',
    `${shown} is larger than ${formatBytes(limit)}, too large for a checksum file, a signature, a key or a list of images`,
    {
      hint: 'Is this the image itself?',
    },
  )
