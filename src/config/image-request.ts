// What `resolve` is asked, in the action and on the terminal: an image and how it must be proven, without a job around it.
import { readInputs } from './given'
import { resolveInputs } from './fields/resolve'
import type { ImageRequest } from './job'
import { machineSpec } from './machine'
import { collectProblems } from './problems'
import { networkSecrets, secretsOfUrl, secretsOf } from './secrets'
import type { Surroundings } from '../host/checkout'

export interface LoadedImage {
  readonly request: ImageRequest
  readonly secrets: readonly string[] // to be replaced wherever we write
}

// Throws a ConfigError with every problem.
export const loadImageRequest = (inputs: Readonly<Record<string, string>>, env: Surroundings['env']): LoadedImage => {
  const problems = collectProblems()
  const asked = Object.fromEntries(Object.entries(inputs).filter(([name]) => resolveInputs.some((known) => known === name)))
  const given = readInputs(asked, problems.report)
  if (given.image === undefined && (asked['image'] ?? '') === '') problems.report('no image is given: set the input `image`')
  problems.stop()
  const { image: request } = machineSpec(given.image ?? '', given, {}, {})
  return {
    request,
    secrets: secretsOf([...[given.image, given['checksum-file'], given['signing-key']].flatMap(secretsOfUrl), ...networkSecrets(env)]),
  }
}
