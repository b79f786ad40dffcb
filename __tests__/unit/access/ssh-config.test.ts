// The user's own ssh takes what we write.
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { throwAwayKey } from '../../../src/access/keys'
import { sshConfig, type SshTarget } from '../../../src/access/ssh-config'
import { startSshServer, type TestServer } from '../../support/ssh-server'

const key = throwAwayKey()
let dir: string
let server: TestServer
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ssh "config" 100% \\\\ '))
  server = await startSshServer(key)
})
afterEach(async () => {
  await server.close()
  rmSync(dir, { recursive: true })
})

const ssh = async (change: Partial<SshTarget> = {}) => {
  const at = (name: string): string => join(dir, name)
  const target = {
    name: 'machine',
    host: '127.0.0.1',
    port: server.port,
    user: 'tiny',
    hostKey: server.hostKey.public,
    keyFiles: [at('id')],
    ...change,
  }
  const { config, knownHosts } = sshConfig({ targets: [target], knownHostsFile: at('known_hosts') })
  writeFileSync(at('id'), key.private, { mode: 0o600 })
  writeFileSync(at('known_hosts'), knownHosts)
  writeFileSync(at('ssh_config'), config, { mode: 0o600 })
  return promisify(execFile)('ssh', ['-F', at('ssh_config'), '-o', 'BatchMode=yes', 'machine', 'echo in'], { encoding: 'utf8' })
}

it('logs in with the key of the run, asks nothing and says nothing of its own', async () => {
  expect(await ssh()).toEqual({ stdout: 'in\n', stderr: '' })
})

it('does not log in to a machine that shows another host key', async () => {
  await expect(ssh({ hostKey: throwAwayKey().public })).rejects.toThrow(/Host key verification failed/)
})

it('lets no quote end a value', () => {
  const target = { name: 'machine', host: '127.0.0.1', port: 22, user: 'a" b', hostKey: server.hostKey.public, keyFiles: [] }
  expect(sshConfig({ targets: [target], knownHostsFile: '/known' }).config).toContain('  User "a\\" b"\n')
})

it.each(['a\nProxyCommand evil', 'a\rb'])('takes no value that would be more than one: %j', (user) => {
  const target = { name: 'machine', host: '127.0.0.1', port: 22, user, hostKey: server.hostKey.public, keyFiles: [] }
  expect(() => sshConfig({ targets: [target], knownHostsFile: '/known' })).toThrow(RangeError)
})

it('tries no key where a password let us in', () => {
  const target = { name: 'machine', host: '127.0.0.1', port: 22, user: 'tiny', hostKey: server.hostKey.public, keyFiles: [] }
  const { config } = sshConfig({ targets: [target], knownHostsFile: '/known' })
  expect(config).toContain('PubkeyAuthentication no')
  expect(config).not.toContain('IdentityFile')
})
