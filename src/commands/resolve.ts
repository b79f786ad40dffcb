// `resolve`, in the action and on the terminal: what an image is, told without fetching it.
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { loadImageRequest } from '../config'
import type { ResolveOutput } from '../config/fields/resolve'
import { JobError, toJobError } from '../errors'
import { usualUser } from '../access/usual-user'
import { identifyImage, type ImageIdentity } from '../images/identify'
import { systemClock } from '../lib/clock'
import { makeFolder } from '../host/files/make-folder'
import { redactor } from '../lib/redaction/redact'
import { maskSecrets, writeOutputs } from '../report/reporters/action'
import { openStdout } from '../report/stdout/stdout'
import { runsRoot } from '../host/places'

export interface ResolveRequest {
  readonly inputs: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly signal: AbortSignal
}

const patienceMs = 5 * 60_000

// What there is to tell of an image. Throws JobErrors in which no secret is left.
export const resolveFromInputs = async (
  { inputs, env, cwd, signal }: ResolveRequest,
  warn: (text: string) => void,
  onSecrets: (secrets: readonly string[]) => void = () => undefined,
): Promise<ImageIdentity> => {
  const { request, secrets } = loadImageRequest(inputs, env)
  onSecrets(secrets)
  const { text: redacted } = redactor(secrets)
  makeFolder(runsRoot(env))
  const dir = await mkdtemp(join(runsRoot(env), 'resolve-'))
  try {
    const identity = await identifyImage(request, {
      dir,
      signal,
      cwd,
      env,
      deadlineMs: systemClock.now() + patienceMs,
      onProgress: () => undefined,
      warn: (text) => {
        warn(redacted(text))
      },
    })
    const usual = usualUser((identity.url ?? identity.image).split('/').at(-1) ?? '')
    return { ...(usual === undefined ? {} : { loginUser: usual }), ...identity, image: handedOn(identity.image, redacted, warn) }
  } catch (thrown) {
    const { outcome, message, hint, cause } = toJobError(signal.aborted ? signal.reason : thrown)
    throw new JobError(outcome, redacted(message), { hint: redacted(hint), cause })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

// An address that is cut may be another file's, so it is all or nothing.
const handedOn = (image: string, redacted: (text: string) => string, warn: (text: string) => void): string => {
  if (redacted(image) === image) return image
  warn('the output `image` is empty, since a secret is in it: give the steps that would use it the address itself')
  return ''
}

// The sub-action: outputs, and the same on the log. Tells whether it went well, and throws nothing.
export const resolveAction = async (request: ResolveRequest, log: NodeJS.WriteStream = process.stdout): Promise<boolean> => {
  const output = openStdout(true, log, request.env)
  const title = 'image-test resolve'
  const warn = (text: string): void => {
    output.command('warning', { title }, text)
  }
  try {
    const identity = await resolveFromInputs(request, warn, (secrets) => {
      maskSecrets(secrets, output)
    })
    writeOutputs(outputsOfIdentity(identity), request.env)
    for (const line of renderIdentity(identity).split('\n')) output.line(line)
    return true
  } catch (thrown) {
    const { outcome, message, hint } = toJobError(thrown)
    output.command('error', { title: `${title}: ${outcome}` }, `${message}\n${hint}`)
    return false
  } finally {
    output.close()
  }
}

const outputsOfIdentity = (identity: ImageIdentity): Readonly<Record<ResolveOutput, string>> => ({
  image: identity.image,
  url: identity.url ?? '',
  digest: identity.digest ?? '',
  verified: identity.verified,
  'verified-by': identity.verifiedBy,
  'cache-key': identity.cacheKey ?? '',
  'login-user': identity.loginUser ?? '',
  version: identity.version ?? '',
  format: identity.format ?? '',
  arch: identity.arch ?? '',
})

// For people: what is known, a line each. A log may be public, and the query of an address a password.
export const renderIdentity = (identity: ImageIdentity): string =>
  Object.entries(outputsOfIdentity({ ...identity, image: identity.image.replace(/^(https?:\/\/[^?]*\?).+$/is, '$1…') }))
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name.padEnd(12)}  ${value}`)
    .join('\n')
