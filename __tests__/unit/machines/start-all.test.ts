import { expect, it } from 'vitest'
import { startAll } from '../../../src/machines/start-all'

const never = new AbortController().signal

const stage = () => {
  const ended: string[] = []
  const machine = (name: string) => ({
    name,
    end: () => {
      ended.push(name)
      return Promise.resolve()
    },
  })
  return { ended, machine }
}

it('starts all, side by side, and tells them in their order', async () => {
  const { ended, machine } = stage()
  let both: () => void = () => undefined
  const met = new Promise<void>((resolve) => (both = resolve))
  const slow = () => met.then(() => machine('slow'))
  const quick = () => {
    both()
    return Promise.resolve(machine('quick'))
  }
  expect((await startAll([slow, quick], never)).map(({ name }) => name)).toEqual(['slow', 'quick'])
  expect(ended).toEqual([])
})

it('ends what had started and what comes up after all, before it tells why one did not', async () => {
  const { ended, machine } = stage()
  let comeUp: () => void = () => undefined
  const late = () =>
    new Promise<ReturnType<typeof machine>>(
      (resolve) =>
        (comeUp = () => {
          resolve(machine('late'))
        }),
    )
  const starting = startAll([() => Promise.resolve(machine('first')), () => Promise.reject(new Error('no room')), late], never)
  setImmediate(() => {
    expect(ended).toEqual([])
    comeUp()
  })
  await expect(starting).rejects.toThrow('no room')
  expect(ended).toEqual(['first', 'late'])
})

it('tells one that is still starting to stop, and waits for it', async () => {
  const { ended } = stage()
  let stopped = false
  const hanging = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        stopped = true
        reject(signal.reason as Error)
      })
    })
  await expect(startAll([hanging, () => Promise.reject(new Error('no room'))], never)).rejects.toThrow('no room')
  expect([stopped, ended]).toEqual([true, []])
})

it.each([true, false])('stops with the job, also where that had ended before: %s', async (before) => {
  const job = new AbortController()
  if (before) job.abort(new Error('cancelled'))
  const hanging = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      const stop = (): void => {
        reject(signal.reason as Error)
      }
      if (signal.aborted) stop()
      signal.addEventListener('abort', stop)
    })
  const starting = startAll([hanging], job.signal)
  if (!before) job.abort(new Error('cancelled'))
  await expect(starting).rejects.toThrow('cancelled')
})
