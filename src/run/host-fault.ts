import { JobError } from '../errors'
import type { Machine } from '../machines/provider'

const hint = 'This is the host, not the image: look for a full or slow disk, too little memory, or a process that was stopped.'

// What a machine's events or its console have told counts before whoever noticed its silence. And a machine that falls silent while the
// hypervisor itself no longer answers is not the image's fault.
export const blameHost = async (
  error: unknown,
  { name, runBy, answers }: Pick<Machine, 'name' | 'runBy' | 'answers'>,
  told: JobError | undefined,
): Promise<unknown> => {
  if (!(error instanceof JobError) || (error.outcome !== 'guest-lost' && error.outcome !== 'boot-failed')) return error
  if (told) return told.outcome === 'infra-error' ? told : error
  if (await answers()) return error
  const { message, stage, excerpt } = error
  return new JobError('infra-error', `${runBy} itself stands still: ${message}`, { hint, machine: name, stage, excerpt, cause: error })
}
