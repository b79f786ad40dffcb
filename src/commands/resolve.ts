// `resolve`, in the action and on the terminal: what an image is, told without fetching it.
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { loadImageRequest } from '../config'
import { resolveInputs, type ResolveOutput } from '../config/fields/resolve'
import type { Report } from '../config/problems'
import { JobError, toJobError } from '../errors'
import { usualUser } from '../access/usual-user'
import { identifyImage, type ImageIdentity } from '../images/identify'
import { systemClock } from '../lib/clock'
import { makeFolder } from '../host/files/make-folder'
import { redactor } from '../lib/redaction/redact'
import { quote } from '../lib/wording'
import { maskSecrets, writeOutputs } from '../report/reporters/action'
import { printResult } from '../report/stdout/print-result'
import { openStdout } from '../report/stdout/stdout'
import { runsRoot } from '../host/places'
import { cancelledExitCode, onCancel } from '../run/cancel'
import type { ActionStep } from './action-step'
import { command, inputsAmong, isOn, jsonFlag, type GivenWords } from './command'
import { workingFolder } from './working-folder'

// The exit code is that of the verdict, or 128 and the number of the signal that cancelled it.
export const resolveCommand = command({
  usage: 'image-test resolve NAME [OPTIONS]',
  description: 'Tells where an image is, its digest, who vouches for it and who logs in, without fetching it.',
  inputs: resolveInputs.filter((name) => name !== 'image'),
  flags: { json: jsonFlag },
  read: (given, report) => ({ inputs: withName(given, report), json: isOn(given, 'json') }),
  execute: async ({ inputs, json }) => {
    const { signal, by } = onCancel(() => process.exit(cancelledExitCode('SIGINT')))
    try {
      const warn = (text: string): void => void process.stderr.write(`image-test: ${text}\n`)
      const identity = await resolveFromInputs({ inputs, env: process.env, cwd: workingFolder(), signal }, warn)
      await printResult(json ? JSON.stringify(identity, undefined, 2) : renderIdentity(identity))
      return 0
    } catch (thrown) {
      if (signal.aborted) return cancelledExitCode(by())
      throw thrown
    }
  },
})

// What follows `resolve` is the input `image`.
const withName = (given: GivenWords, report: Report): Readonly<Record<string, string>> => {
  const [image, ...others] = given.positionals
  for (const extra of others) report(`image-test resolve takes one name; ${quote(extra)} is one too many`)
  if (image === undefined) report('image-test resolve needs the name of an image, such as fedora:44')
  return { ...inputsAmong(given), image: image ?? '' }
}

// The sub-action, which starts nothing that could be left behind.
export const resolveStep: ActionStep = async ({ inputs, env, cwd }) => {
  const { signal } = onCancel(() => process.exit(1))
  return (await resolveAction({ inputs: inputs(), env, cwd: cwd(), signal })) ? 0 : 1
}

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
