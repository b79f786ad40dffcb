import { JobError } from '../errors'
import type { Machine } from '../machines/provider'

const hint = 'This is the host, not the image: look for a full or slow disk, too little memory, or a process that was stopped.'

// A machine that falls silent while the hypervisor itself no longer answers is not the image's fault. `decided`: its own events, or its
// console, have told already.
export const blameHost = async (
  error: unknown,
  { name, answers }: Pick<Machine, 'name' | 'answers'>,
  decided: boolean,
): Promise<unknown> => {
  if (decided || !(error instanceof JobError) || (error.outcome !== 'guest-lost' && error.outcome !== 'boot-failed')) return error
  if (await answers()) return error
  const { message, stage, excerpt } = error
  return new JobError('infra-error', `QEMU itself stands still: ${message}`, { hint, machine: name, stage, excerpt, cause: error })
}
