import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../src/results'
import { guest } from '../guests'
import { certificate } from '../support/certificate'
import { startServer } from '../support/server'
import { home } from './cli'
import { node24 } from '../node24/setup'
import { node20, pairs } from './runner'

const cli = resolve('dist/cli/index.js')
const file = 'debian-13-genericcloud-amd64-20260712-2537.qcow2'

// Debian's server as far as debian:13 needs it, with a small guest in place of Debian.
const debian = async () => {
  const dir = home()
  const tls = certificate()
  writeFileSync(join(dir, 'ca.pem'), tls.cert)
  const server = await startServer({ tls })
  const image = readFileSync(await guest('tiny'))
  const sha512 = createHash('sha512').update(image).digest('hex')
  server.put('/trixie/', '<a href="20260712-2537/">20260712-2537/</a>')
  server.put('/trixie/20260712-2537/', `<a href="${file}">${file}</a>`)
  server.put('/trixie/20260712-2537/SHA512SUMS', `${sha512}  ${file}\n`)
  server.put(`/trixie/20260712-2537/${file}`, image)
  const env = { PATH: process.env.PATH, HOME: dir, NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem'), IMAGE_TEST_DEBIAN: server.origin }
  const run = async (node: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    (await promisify(execFile)(node, args, { cwd: dir, env: { ...env, ...more } })).stdout
  return { dir, server, sha512, run, [Symbol.asyncDispose]: server[Symbol.asyncDispose] }
}

describe('an image by its name', () => {
  it.each([node20, node24])('is told by the command and the action resolve under %s', async (node) => {
    await using there = await debian()
    const { dir, sha512, run } = there
    const identity = JSON.parse(await run(node, [cli, 'resolve', 'debian:13', '--json'])) as unknown
    expect(identity).toMatchObject({ image: 'debian:13?version=20260712-2537', digest: `sha512:${sha512}`, loginUser: 'debian' })
    writeFileSync(join(dir, 'outputs'), '')
    const step = { INPUT_IMAGE: 'debian:13', GITHUB_OUTPUT: join(dir, 'outputs'), RUNNER_TEMP: dir, GITHUB_WORKSPACE: dir }
    await run(node, [resolve('resolve/index.js')], step)
    expect(pairs(readFileSync(join(dir, 'outputs'), 'utf8'))).toMatchObject({
      image: 'debian:13?version=20260712-2537',
      'cache-key': `image-test-sha512-${sha512}`,
      'verified-by': 'sha512 from SHA512SUMS',
      'login-user': 'debian',
    })
    expect(there.server.asked.filter(({ path }) => path.endsWith('.qcow2'))).toEqual([])
  })

  it('is fetched, verified and booted', async () => {
    await using there = await debian()
    const flags = ['--login-user', 'tiny', '--memory', '256M', '--accelerator', 'tcg', '--commands', 'true', '--json']
    const { outcome, machines } = JSON.parse(await there.run(node20, [cli, 'run', '--image', 'debian:13', ...flags])) as RunResult
    expect(outcome).toBe('passed')
    expect(machines[0]?.image).toMatchObject({ asked: 'debian:13', verified: 'checksum', verifiedBy: 'sha512 from SHA512SUMS' })
  })
})
