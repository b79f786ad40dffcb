import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestSpec } from '../../../../src/config/job'
import type { RunEvent } from '../../../../src/events'
import { JobError } from '../../../../src/errors'
import { openSession, type Session } from '../../../../src/guest/session'
import { captureOutput } from '../../../../src/host/files/capture'
import { redactor } from '../../../../src/lib/redaction/redact'
import type { LiveMachine } from '../../../../src/guest/live'
import { runTest } from '../../../../src/steps/kinds/run'
import { ownUid, startGuest, type TestGuest } from '../../../support/guest'

let guest: TestGuest
let session: Session
beforeAll(async () => {
  guest = await startGuest()
  const facts = { bootId: 'boot', uid: ownUid, os: { id: 'debian', version: '12', kernel: '6' }, hasBash: true, hasCloudInit: false }
  session = openSession('machine', 'tiny', guest.connection, { ...facts, hasJournal: false, chatter: [] })
})
afterAll(() => guest[Symbol.asyncDispose]())

const run = async (test: Partial<TestSpec & { kind: 'run' }>, machine: Partial<LiveMachine> = {}, onOutput = (): void => undefined) => {
  const reportDir = mkdtempSync(join(tmpdir(), 'run-test-'))
  const events: { readonly kind: RunEvent['kind'] }[] = []
  const ran = await runTest(
    {
      ...{ kind: 'run', id: 'a', name: 'a', run: 'true', machine: 'machine', gating: true, concerns: [], env: {}, tags: [] },
      ...{ expect: { exit: [0] }, retry: { times: 0, delayMs: 0 }, timeout: { ms: 20_000, written: true } },
      ...test,
    },
    {
      name: 'machine',
      session: () => session,
      failure: new Promise<JobError>(() => undefined),
      failed: () => undefined,
      goingDown: () => false,
      ...machine,
    } as LiveMachine,
    {
      emit: (event) => {
        events.push(event)
        if (event.kind === 'output') onOutput()
      },
      signal: new AbortController().signal,
      slowdown: 1,
      capture: (id, stream, attempt) => captureOutput({ redactor: redactor([]), reportDir, file: `${id}.${stream}.${attempt}.txt` }),
    },
  )
  return { ...ran, events, stdout: () => readFileSync(join(reportDir, 'a.stdout.1.txt'), 'utf8') }
}

describe('a test that is expected to fail', () => {
  it('has not failed as expected when nobody can tell whether its output is right', async () => {
    const long = { run: 'head -c 3000000 /dev/zero; echo; echo ok', xfail: {}, expect: { exit: [0], stdoutMatches: '^ok$' } }
    const { outcome, message } = await run(long)
    expect({ outcome, message }).toMatchObject({ outcome: 'error', message: expect.stringContaining('nobody can tell') as string })
    const slow = { run: `printf 'a%.0s' $(seq 60); echo '!'`, xfail: {}, expect: { exit: [0], stdoutMatches: '^(a+)+$' } }
    expect((await run(slow)).outcome).toBe('error')
  })

  it('has failed as expected when its exit code is wrong, whatever its output was', async () => {
    const test = { run: 'head -c 3000000 /dev/zero; exit 1', xfail: {}, expect: { exit: [0], stdout: 'ok' } }
    expect((await run(test)).outcome).toBe('xfailed')
  })
})

it('tells nothing more of a test whose machine is lost, though it prints on', async () => {
  let lose: (error: JobError) => void = () => undefined
  const failure = new Promise<JobError>((resolve) => (lose = resolve))
  const printing = { run: 'for i in $(seq 30); do echo $i; sleep 0.1; done' }
  const { outcome, events, stdout } = await run(printing, { failure }, () => {
    lose(new JobError('guest-lost', 'the kernel panicked', { hint: '' }))
  })
  const [count, written] = [events.length, stdout()]
  await new Promise((resolve) => setTimeout(resolve, 1000))
  expect([outcome, events.length, stdout()]).toEqual(['error', count, written])
})
