import { expect, it } from 'vitest'
import { JobError, toJobError } from '../../../src/errors'
import { together } from '../../../src/machines/together'

const never = new AbortController().signal

const untilCalledOff = (heard: unknown[]) => (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      heard.push(signal.reason)
      setImmediate(() => {
        heard.push('ended')
        reject(signal.reason as Error)
      })
    })
  })

it('tells what all of them came to, in their order', async () => {
  expect(await together([() => new Promise((resolve) => setImmediate(resolve, 1)), () => Promise.resolve(2)], never)).toEqual([1, 2])
})

it('calls the others off after a failure, with an error that blames none of them, and sees them end', async () => {
  const heard: unknown[] = []
  const failure = new JobError('boot-failed', 'the kernel panicked', { hint: '' })
  await expect(together([untilCalledOff(heard), () => Promise.reject(failure)], never)).rejects.toBe(failure)
  expect(heard).toEqual([expect.any(JobError), 'ended'])
  expect(toJobError(heard[0])).toMatchObject({ outcome: 'cancelled', message: 'another machine of the job failed' })
})

it('hands on a cancel, also one that came before', async () => {
  const cancelled = new JobError('cancelled', 'the run was cancelled', { hint: '' })
  const before = AbortSignal.abort(cancelled)
  const asked = (signal: AbortSignal): Promise<void> =>
    Promise.resolve().then(() => {
      signal.throwIfAborted()
    })
  await expect(together([asked, asked], before)).rejects.toBe(cancelled)
  const heard: unknown[] = []
  const later = new AbortController()
  const ending = together([untilCalledOff(heard)], later.signal)
  later.abort(cancelled)
  await expect(ending).rejects.toBe(cancelled)
  expect(heard).toEqual([cancelled, 'ended'])
})
