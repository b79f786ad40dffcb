import type { Writable } from 'node:stream'
import { JobError } from '../../errors'
import { codeOf } from '../../lib/error-code'

// What a command was asked for. Whoever reads it may have gone; what could not be written otherwise is lost. infra-error
export const printResult = async (text: string, stdout: Writable = process.stdout): Promise<void> => {
  stdout.on('error', () => undefined) // told below
  const error = await new Promise<Error | null | undefined>((resolve) => stdout.write(`${text}\n`, resolve))
  if (!error || ['EPIPE', 'ERR_STREAM_DESTROYED'].includes(codeOf(error))) return
  throw new JobError('infra-error', `standard output cannot be written, so what was asked for is lost: ${codeOf(error)}`, {
    hint: 'Give it a place that has room, and run the command again.',
    cause: error,
  })
}
