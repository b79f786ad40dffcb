import { describe, expect, it } from 'vitest'
import { judge } from '../../../src/guest/cloud-init'

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
    expect(judge(status(values))).toBeUndefined()
  })

  it('warns of errors that cloud-init recovered from', () => {
    expect(
      judge(status({ status: 'done', extended_status: 'degraded done', errors: [], recoverable_errors: { WARNING: [schema, schema] } })),
    ).toMatchObject({
      rule: 'cloud-init-degraded',
      severity: 'warn',
      summary: `cloud-init is done, but recovered from an error: WARNING: ${schema.slice(0, -1)}`,
      block: `cloud-init status: degraded done\nWARNING: ${schema}\nWARNING: ${schema}`,
    })
  })

  it('tells an error with the first of its reasons, whatever the exit code was', () => {
    const errors = ["('scripts_user', RuntimeError('Runparts: 1 failures (runcmd) in 1 attempted commands'))", 'another']
    expect(judge(`....\n${status({ status: 'error', extended_status: 'error - done', errors })}`)).toMatchObject({
      rule: 'cloud-init-error',
      severity: 'error',
      summary: `cloud-init ended with an error: ${errors[0] ?? ''}`,
      block: ['cloud-init status: error', ...errors].join('\n'),
    })
    expect(judge(status({ status: 'done', errors }))?.severity).toBe('error')
    expect(judge(status({ status: 'error' }))?.summary).toBe('cloud-init ended with an error')
  })

  it('keeps a guest from filling the page', () => {
    expect(judge(status({ status: 'error', errors: ['x'.repeat(10_000)] }))?.summary).toHaveLength(
      'cloud-init ended with an error: '.length + 201,
    )
  })

  it.each(['', 'status: done', 'null', '[1'])('says so when there is no JSON: %j', (text) => {
    expect(judge(text)).toMatchObject({ rule: 'cloud-init-error', severity: 'warn', summary: expect.stringContaining('no JSON') as string })
  })
})
