// Tests as a job declares them, for paper machines.
import type { RunSpec, TestCommon, TestSpec } from '../../../src/config/job'
import type { RunEvent } from '../../../src/events'
import { systemClock } from '../../../src/lib/clock'
import type { TestContext } from '../../../src/steps/kinds/run'

type RunTest = TestCommon & { readonly kind: 'run' } & RunSpec

// Its name is its script.
export const runSpec = (run: string, change: Partial<RunTest> = {}): RunTest => ({
  ...{ kind: 'run', id: run, name: run, run, machine: 'machine', gating: true, concerns: [], env: {} },
  ...{ expect: { exit: [0] }, retry: { times: 0, delayMs: 5 }, timeout: { ms: 100, written: true } },
  ...change,
})

export const rebootSpec = (change: Partial<TestCommon> = {}): TestSpec => ({
  ...{ kind: 'reboot', id: 'reboot', name: 'reboot', machine: 'machine', gating: true, concerns: [], timeout: { ms: 5000, written: true } },
  ...change,
})

export type PaperEvent = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'atMs'> : never) : never

export const paperContext = (change: Partial<TestContext> = {}) => {
  const events: PaperEvent[] = []
  const captured: string[] = []
  const context: TestContext = {
    emit: (event) => void events.push(event),
    signal: new AbortController().signal,
    slowdown: 1,
    capture: (id, stream, attempt) => {
      captured.push(`${id} ${stream} ${attempt}`)
      let text = ''
      return {
        push: (chunk) => {
          const more = Buffer.from(chunk).toString()
          text += more
          return more
        },
        end: () => ({ bytes: text.length, tail: text, truncated: false }),
      }
    },
    ...change,
  }
  return { ...{ context, events, captured }, startMs: systemClock.now() }
}
