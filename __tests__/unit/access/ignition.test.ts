import { describe, expect, it } from 'vitest'
import { ignitionSeed, isIgnition, type IgnitionRequest } from '../../../src/access/ignition'
import { credentialSeed } from '../../../src/access/systemd-credentials'

const request: IgnitionRequest = {
  user: 'core',
  hostname: 'image-test',
  authorizedKeys: ['ssh-ed25519 AAAA image-test', 'ecdsa-sha2-nistp256 AAAA image-test'],
  hostKeys: {
    ed25519: { private: '-----BEGIN-----\nabc\n-----END-----\n', public: 'ssh-ed25519 BBBB image-test' },
    ecdsa: { private: '-----BEGIN-----\ndef\n-----END-----\n', public: 'ecdsa-sha2-nistp256 BBBB image-test' },
  },
}
const configOf = (given: Partial<IgnitionRequest>): unknown => {
  const [file, ...others] = ignitionSeed({ ...request, ...given })
  expect(others).toEqual([])
  expect(file?.path).toBe('opt/com.coreos/config')
  return JSON.parse(Buffer.from(file?.content ?? []).toString())
}
const data = (text: string): string => `data:;base64,${Buffer.from(text).toString('base64')}`

describe('the Ignition config', () => {
  it('holds no more than what lets us in and proves who answers', () => {
    const file = (path: string, mode: number, text: string) => ({ path, mode, overwrite: true, contents: { source: data(text) } })
    expect(configOf({})).toEqual({
      ignition: { version: '3.0.0' },
      passwd: { users: [{ name: 'core', sshAuthorizedKeys: request.authorizedKeys }] },
      storage: {
        files: [
          file('/etc/hostname', 0o644, 'image-test\n'),
          file('/etc/ssh/ssh_host_ed25519_key', 0o600, request.hostKeys.ed25519.private),
          file('/etc/ssh/ssh_host_ed25519_key.pub', 0o644, 'ssh-ed25519 BBBB image-test\n'),
          file('/etc/ssh/ssh_host_ecdsa_key', 0o600, request.hostKeys.ecdsa.private),
          file('/etc/ssh/ssh_host_ecdsa_key.pub', 0o644, 'ecdsa-sha2-nistp256 BBBB image-test\n'),
        ],
      },
    })
  })

  it("has the user's own merged by Ignition itself", () => {
    const userData = '{"ignition": {"version": "3.4.0"}}'
    expect(configOf({ userData })).toMatchObject({ ignition: { version: '3.0.0', config: { merge: [{ source: data(userData) }] } } })
  })

  it.each([
    ['#cloud-config\n', 'user-data is no Ignition config, but the image is provisioned by Ignition'],
    ['{"ignition": {}}', 'user-data is no Ignition config'],
    ['{"ignition": {"version": "2.2.0"}}', 'user-data is an Ignition config of version 2.2.0'],
  ])('refuses %j', (userData, message) => {
    expect(() => configOf({ userData })).toThrow(message)
  })

  it('is told from cloud-config', () => {
    expect(['{"ignition":{"version":"3.0.0"}}', '{}', '#cloud-config', 'null'].map(isIgnition)).toEqual([true, false, false, false])
  })
})

it("a systemd credential is root's keys in base64", () => {
  const [credential] = credentialSeed(request.authorizedKeys)
  expect(credential?.path).toBe('io.systemd.credential.binary:ssh.authorized_keys.root')
  expect(Buffer.from(Buffer.from(credential?.content ?? []).toString(), 'base64').toString()).toBe(
    'ssh-ed25519 AAAA image-test\necdsa-sha2-nistp256 AAAA image-test\n',
  )
})
