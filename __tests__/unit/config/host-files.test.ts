// What a checkout may point at on the machine that runs it, and what messages may tell of what stands there.
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { secretsOfInputs } from '../../../src/config'
import { readCredentials } from '../../../src/fetch/credentials'
import { folderWith, loadIn, problemsOf } from './harness'

const netrc = 'machine example.org\n  login me\n  password c0rrect-horse\n'
const run = { image: 'x.qcow2', run: 'ls' }

// A checkout in which a name is a link to a file outside of it.
const linked = (name: string, content: string): { readonly checkout: string; readonly outside: string } => {
  const root = folderWith({ '.netrc': content })
  const outside = join(root, '.netrc')
  const checkout = join(root, 'checkout')
  mkdirSync(join(checkout, '.github'), { recursive: true })
  symlinkSync('../'.repeat(name.split('/').length) + '.netrc', join(checkout, name))
  return { checkout, outside }
}

describe('a link in the checkout that leads out of it', () => {
  it.each([
    ['.github/image-test.yml', {}, 'the job file .github/image-test.yml is a link that leads out of the checkout'],
    [
      'job.yml',
      { config: 'job.yml' },
      'input config: `job.yml` is a link that leads out of the checkout, or nowhere; put a job file itself there',
    ],
    ['data', { ...run, 'user-data': 'data' }, 'as a path it is a link that leads out of the checkout'],
    ['key', { ...run, 'ssh-key': 'key' }, 'input ssh-key: must be a private key'],
  ])('is not followed for %s', async (name, inputs, message) => {
    const { checkout } = linked(name, netrc)
    const problems = await problemsOf(loadIn(checkout, { inputs: { image: 'x.qcow2', ...inputs } }))
    expect(problems).toContain(message)
    expect(problems).not.toMatch(/c0rrect|example\.org/)
  })

  it('is not followed from a working folder below the workspace, nor when a folder is the link', async () => {
    const { checkout, outside } = linked('job.yml', netrc)
    symlinkSync(join(outside, '..'), join(checkout, 'jobs'))
    mkdirSync(join(checkout, 'below'))
    const asked = { inputs: { image: 'x.qcow2', config: '../job.yml' }, env: { GITHUB_WORKSPACE: checkout } }
    expect(await problemsOf(loadIn(join(checkout, 'below'), asked))).toContain('leads out of the checkout')
    expect(await problemsOf(loadIn(checkout, { inputs: { image: 'x.qcow2', config: 'jobs/.netrc' } }))).toContain(
      'leads out of the checkout',
    )
  })

  it('says the same whether there is something on this machine or not', async () => {
    const { checkout, outside } = linked('job.yml', netrc)
    const asked = { inputs: { image: 'x.qcow2', config: 'job.yml' } }
    const told = await problemsOf(loadIn(checkout, asked))
    rmSync(outside)
    expect(await problemsOf(loadIn(checkout, asked))).toBe(told)
    mkdirSync(outside)
    expect(await problemsOf(loadIn(checkout, asked))).toBe(told)
  })

  it('is not followed where the workspace is a link and the file is named by its real path', async () => {
    const { checkout } = linked('job.yml', netrc)
    const link = join(checkout, '../by-link')
    symlinkSync(checkout, link)
    const asked = { inputs: { image: 'x.qcow2', config: join(realpathSync(checkout), 'job.yml') } }
    expect(await problemsOf(loadIn(link, asked))).toContain('leads out of the checkout')
  })

  it('is followed when it stays inside, and a file elsewhere may be named', async () => {
    const root = folderWith({
      'checkout/jobs/one.yml': 'image: x.qcow2\ntests: [{run: ls}]\n',
      'other.yml': 'image: x.qcow2\ntests: [{run: ls}]\n',
    })
    const checkout = join(root, 'checkout')
    symlinkSync('jobs/one.yml', join(checkout, 'job.yml'))
    expect(await problemsOf(loadIn(checkout, { inputs: { config: 'job.yml' } }))).toBe('no problems')
    expect(await problemsOf(loadIn(checkout, { inputs: { config: '../other.yml' } }))).toBe('no problems')
    symlinkSync(checkout, join(root, 'by-link'))
    expect(await problemsOf(loadIn(join(root, 'by-link'), { inputs: { config: 'job.yml' } }))).toBe('no problems')
  })
})

describe('a file that is no job file', () => {
  it.each([
    ['netrc', netrc],
    ['a password file', 'db.example.org:5432:main:me:c0rrect-horse\n'],
    ['an address', 'https://me:c0rrect-horse@example.org\n'],
    ['settings', 'TOKEN=c0rrect-horse\nOTHER=1\n'],
    ['credentials', '[default]\naws_secret_access_key = c0rrect-horse\n'],
    ['a quoted text', '"c0rrect-horse" trailing c0rrect-horse\n'],
    ['an alias', '*c0rrect-horse\n'],
    ['a directive', '%c0rrect-horse\n---\na\n'],
    ['a block', '|c0rrect-horse\n  x\n'],
    ['a list', '- c0rrect-horse\n'],
    ['an escape', '"\\c0rrect-horse"\n'],
    ['a tag', '!c0rrect-horse x\n'],
  ])('is not quoted: %s', async (_, content) => {
    const root = folderWith({ file: content, 'checkout/x': '' })
    const problems = await problemsOf(loadIn(join(root, 'checkout'), { inputs: { image: 'x.qcow2', config: '../file' } }))
    expect(problems).not.toBe('no problems')
    expect(problems).not.toContain('c0rrect')
  })
})

describe('the passwords of netrc', () => {
  it('are secrets before anything is read', () => {
    const home = folderWith({ '.netrc': netrc })
    expect(secretsOfInputs({}, { HOME: home })).toContain('c0rrect-horse')
    writeFileSync(join(home, 'other'), netrc.replace('c0rrect', 'wr0ng'))
    expect(secretsOfInputs({}, { HOME: home, NETRC: join(home, 'other') })).toContain('wr0ng-horse')
    expect(secretsOfInputs({}, { HOME: join(home, 'nowhere') })).toEqual([])
  })
})

it('uses no login of a netrc that is too large to know as a secret', () => {
  const home = folderWith({ '.netrc': `${netrc}${'#\n'.repeat(600_000)}` })
  expect(secretsOfInputs({}, { HOME: home })).toEqual([])
  const credentials = readCredentials({
    source: 'https://example.org/x.qcow2',
    ownOrigins: () => [],
    env: { HOME: home },
    warn: () => undefined,
  })
  expect(credentials(new URL('https://example.org/x.qcow2'))).toBeUndefined()
})

describe('the password of a proxy', () => {
  it.each(['http://me:c0rrect-horse@proxy:3128', 'me:c0rrect-horse@proxy:3128'])('is a secret: %s', (proxy) => {
    expect(secretsOfInputs({}, { https_proxy: proxy })).toEqual(['c0rrect-horse'])
  })
})

describe('what an address holds', () => {
  it('is a secret: a token in the place of the user', () => {
    const secrets = secretsOfInputs({ image: 'https://ghp_0123456789abcdef@example.org/x.qcow2' }, {})
    expect(secrets).toContain('ghp_0123456789abcdef')
  })

  it('is a secret: password and signature', () => {
    const address = 'https://bob:p4ssword@example.org/S?X-Signature=0123456789abcdef'
    for (const name of ['image', 'checksum-file', 'signing-key'])
      expect(secretsOfInputs({ [name]: address }, {})).toEqual(expect.arrayContaining(['p4ssword', 'X-Signature=0123456789abcdef']))
  })
})
