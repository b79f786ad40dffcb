import type { ImageRequest } from '../config/job'
import { systemClock } from '../lib/clock'
import { actionsCacheKey, cacheKey } from './cache/key'
import { refuseContradiction } from './trust/contradiction'
import { readCredentials } from '../fetch/credentials'
import { deadlineSignal } from '../fetch/deadline'
import type { Expected } from '../lib/digests'
import type { ImageOptions } from './index'
import { defaultLimits, type ImageNetwork } from './limits'
import { ownOrigins } from './names/base-urls'
import type { Provisioning } from './resolved'
import { resolveImage } from './names/resolve'
import { shownSource } from '../lib/shown'
import { pinnedKeys } from './trust/signatures/keys'
import type { Level } from './trust/statement'
import { verification } from './trust/verification'

// What an image is, as far as that is known before it is fetched.
export interface ImageIdentity {
  readonly image: string // what stands for exactly this one from now on; a URL with its query, so not for messages
  readonly url?: string // of what is fetched, without user and query
  readonly digest?: string // of the file as published: sha256:HEX
  readonly verified: Level
  readonly verifiedBy: string
  readonly cacheKey?: string
  readonly loginUser?: string // where the name tells, as the rest
  readonly provisioning: Provisioning
  readonly version?: string
  readonly format?: string
  readonly arch?: string
}

// Tells where an image is, what it must be and who says so, from what its publisher says; the image itself is not fetched. Errors are those of
// obtainImage.
export const identifyImage = async (request: ImageRequest, options: ImageOptions): Promise<ImageIdentity> => {
  const { dir, signal, cwd, env, onProgress, warn, deadlineMs, clock = systemClock, marker, keys = pinnedKeys } = options
  const limits = { ...defaultLimits, ...options.limits }
  const deadline = deadlineSignal(signal, deadlineMs, clock, () => `${shownSource(request.source)} is looked up`)
  try {
    const credentials = readCredentials({ source: request.source, ownOrigins: () => ownOrigins(env), env, warn })
    const network: ImageNetwork = { signal: deadline.signal, deadlineMs, clock, limits, onProgress, credentials, env }
    const resolved = await resolveImage(request, { network, cwd, env, keys, warn })
    const gpgv = { dir, signal: deadline.signal, onProgress, marker }
    const { expected, level, by } = await verification(request, resolved, { network, gpgv, keys, cwd, warn })
    refuseContradiction(expected, resolved.source.shown)
    if (/^(?:[a-z][a-z-]*:)?https?:\/\/[^/?#]*@/i.test(request.source)) {
      warn('the login in the address is not in the output `image`: give it to the steps that use that as IMAGE_TEST_AUTH, or by .netrc')
    }
    const { source, asked, pinned, loginUser, provisioning, version, format, arch } = resolved
    return {
      image: pinned ?? asked,
      ...(source.kind === 'url' ? { url: source.shown } : {}),
      ...digestOf(expected),
      verified: level,
      verifiedBy: by,
      provisioning,
      ...present({ loginUser, version, format, arch }),
    }
  } finally {
    deadline.dispose()
  }
}

const digestOf = (expected: readonly Expected[]): Pick<ImageIdentity, 'digest' | 'cacheKey'> => {
  const key = cacheKey(expected)
  return key === undefined ? {} : { digest: key.replace('-', ':'), cacheKey: actionsCacheKey(key) }
}

const present = <T extends Readonly<Record<string, string | undefined>>>(facts: T) =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: string }
