import { describe, expect, it } from 'vitest'
import { awaitCloudInit, judgeCloudInit } from '../../../../src/guest/ready/cloud-init'
import { ownUid, startGuest } from '../../../support/guest'

const schema = "cloud-config failed schema validation! You may run 'sudo cloud-init schema --system' to check the details."
const status = (values: object): string =>
  JSON.stringify({ boot_status_code: 'enabled-by-generator', detail: 'DataSourceNoCloud', ...values })

describe('judge', () => {
  it.each([
    ['done', { status: 'done', extended_status: 'done', errors: [], recoverable_errors: {} }],
    ['disabled', { status: 'disabled', extended_status: 'disabled', errors: [] }],
    ['done by 22.4, which knows no more', { status: 'done', errors: [] }],
    [
      'a deprecated key',
      { status: 'done', extended_status: 'done', recoverable_errors: { DEPRECATED: ['Key lock_passwd is deprecated'] } },
    ],
  ])('has nothing to say of %s', (_, values) => {
    expect(judgeCloudInit(status(values))).toBeUndefined()
  })

  it('warns of errors that cloud-init recovered from', () => {
    expect(
      judgeCloudInit(
        status({ status: 'done', extended_status: 'degraded done', errors: [], recoverable_errors: { WARNING: [schema, schema] } }),
      ),
    ).toMatchObject({
      rule: 'cloud-init-degraded',
      severity: 'warn',
      summary: `cloud-init is done, but recovered from an error: WARNING: ${schema.slice(0, -1)}`,
      block: `cloud-init status: degraded done\nWARNING: ${schema}\nWARNING: ${schema}`,
    })
  })

  it('tells an error with the first of its reasons, whatever the exit code was', () => {
    const errors = ["('scripts_user', RuntimeError('Runparts: 1 failures (runcmd) in 1 attempted commands'))", 'another']
    expect(judgeCloudInit(`....\n${status({ status: 'error', extended_status: 'error - done', errors })}`)).toMatchObject({
      rule: 'cloud-init-error',
      severity: 'error',
      summary: `cloud-init ended with an error: ${errors[0] ?? ''}`,
      block: ['cloud-init status: error', ...errors].join('\n'),
    })
    expect(judgeCloudInit(status({ status: 'done', errors }))?.severity).toBe('error')
    expect(judgeCloudInit(status({ status: 'error' }))?.summary).toBe('cloud-init ended with an error')
  })

  it('keeps a guest from filling the page', () => {
    expect(judgeCloudInit(status({ status: 'error', errors: ['x'.repeat(10_000)] }))?.summary).toHaveLength(
      'cloud-init ended with an error: '.length + 201,
    )
  })

  it.each(['', 'status: done', 'null', '[1'])('says so when there is no JSON: %j', (text) => {
    expect(judgeCloudInit(text)).toMatchObject({
      rule: 'cloud-init-error',
      severity: 'warn',
      summary: expect.stringContaining('no JSON') as string,
    })
  })
})

describe('an answer that nobody expects', () => {
  it.each([
    [{}, 'cloud-init does not say that it is done: its status is ""'],
    [{ status: 'running' }, 'cloud-init does not say that it is done: its status is "running"'],
    [{ status: ['done'] }, 'cloud-init does not say that it is done: its status is ["done"]'],
    [{ status: 'not started', errors: null }, 'cloud-init does not say that it is done: its status is "not started"'],
    [{ status: 'done', errors: 'no list' }, 'cloud-init ended with an error: no list'],
    [{ status: 'done', errors: { length: 1 } }, 'cloud-init ended with an error: {"length":1}'],
    [{ status: 'done', errors: [7] }, 'cloud-init ended with an error: 7'],
    [{ status: 'done', recoverable_errors: { WARNING: 'no list' } }, 'cloud-init is done, but recovered from an error: WARNING: no list'],
    [{ status: 'done', recoverable_errors: 'none' }, 'cloud-init is done, but recovered from an error: 0: n'],
    [{ status: 'done', extended_status: 7 }, undefined],
  ])('is not taken for well: %j', (values, summary) => {
    expect(judgeCloudInit(JSON.stringify(values))?.summary).toBe(summary)
  })
})

describe('the answer of cloud-init', () => {
  const ask = async (cloudInit: string, deadlineMs = 10_000, uid = ownUid) => {
    await using guest = await startGuest({
      shell: ['bash'],
      files: { '.bashrc': 'PATH=$HOME:$PATH', 'cloud-init': `#!/bin/sh\n${cloudInit}\n` },
    })
    return await awaitCloudInit(guest.connection, uid, performance.now() + deadlineMs, new AbortController().signal)
  }

  it('is read', async () => {
    expect(await ask(`echo '${status({ status: 'done' })}'`)).toBeUndefined()
    expect(await ask(`echo '${status({ status: 'error' })}'; exit 1`)).toMatchObject({ rule: 'cloud-init-error', severity: 'error' })
  })

  it('is unknown when it is longer than any that is right, whatever it begins with', async () => {
    const verdict = await ask(`echo '${status({ status: 'done' })}'; head -c 5000000 /dev/zero | tr '\\0' ' '`)
    expect(verdict).toMatchObject({
      ...{ rule: 'cloud-init-error', severity: 'warn' },
      summary: 'cloud-init status gave more than 64 KiB; its result is unknown',
    })
  })

  it('is unknown when it could not be asked, which is no broken connection', async () => {
    expect(await ask('true', 10_000, ownUid + 1)).toMatchObject({
      ...{ rule: 'cloud-init-error', severity: 'warn' },
      summary: expect.stringContaining('cloud-init could not be asked: the login shell runs commands as uid') as string,
    })
  })

  it('is one of a cloud-init that did not finish at the deadline', async () => {
    for (const deadlineMs of [0, 1500]) expect(await ask('sleep 60', deadlineMs)).toMatchObject({ rule: 'cloud-init-unfinished' })
  })
})
