import { describe, expect, it } from 'vitest'
import type { AccessSpec } from '../../../src/config/job'
import { provision, type ProvisioningRequest } from '../../../src/access/provisioning'
import { machineSpec } from '../../support/machine-spec'

const facts = { asked: 'disk.qcow2', verified: 'none', verifiedBy: '', bytes: 0, format: 'qcow2' } as const
const key = (name: string) => ({
  ed25519: { private: `private ${name}`, public: `ssh-ed25519 ${name}` },
  ecdsa: { private: `private ${name}`, public: `ecdsa-sha2-nistp256 ${name}` },
})
const hostKeys = ['ssh-ed25519 host', 'ecdsa-sha2-nistp256 host']
const given = (own: Partial<AccessSpec>, image: Partial<ProvisioningRequest['image']> = {}, userData?: string) => {
  const { seed, ...others } = provision({
    spec: machineSpec({
      access: { provisioning: 'auto', ...own, ...(userData === undefined ? {} : { userData: { text: userData, from: 'here' } }) },
    }),
    image: { facts, ...image },
    user: key('user'),
    host: key('host'),
  })
  return { by: seed.by, files: seed.files.map(({ path }) => path), ...others }
}
const cloudInit = { by: 'volume', files: ['meta-data', 'user-data'], hostKeys }
const ignition = { by: 'fw_cfg', files: ['opt/com.coreos/config'], hostKeys, user: 'core' }

describe('our key gets in', () => {
  it('by cloud-init, unless something speaks for Ignition', () => {
    expect(given({})).toEqual(cloudInit)
    expect(given({}, { facts: { ...facts, asked: 'https://example.org/fedora-coreos-44.qcow2' } })).toEqual(ignition)
    for (const asked of [
      'rhcos-4.16.3-x86_64-qemu.x86_64.qcow2.gz',
      'scos-9.0.20250411-0-qemu.x86_64.qcow2.gz',
      'flatcar_production_qemu_image.img',
    ])
      expect(given({}, { facts: { ...facts, asked } })).toEqual(ignition)
    expect(given({}, { provisioning: 'ignition' })).toEqual(ignition)
    expect(given({}, {}, '{"ignition": {"version": "3.4.0"}}')).toEqual(ignition)
    expect(given({}, { provisioning: 'cloud-init', facts: { ...facts, asked: 'coreos.qcow2' } })).toEqual(cloudInit)
  })

  it('as the job says, whatever the image is', () => {
    expect(given({ provisioning: 'cloud-init' }, { provisioning: 'ignition' })).toEqual(cloudInit)
    expect(given({ provisioning: 'ignition', loginUser: 'me' })).toEqual({ ...ignition, user: 'me' })
    expect(given({ provisioning: 'none' })).toEqual({ by: 'volume', files: [] })
    expect(given({ provisioning: 'systemd-credentials' })).toEqual({
      by: 'smbios',
      files: ['io.systemd.credential.binary:ssh.authorized_keys.root'],
      user: 'root',
    })
  })

  it('not with user data of the other kind', () => {
    expect(() => given({ provisioning: 'ignition' }, {}, '#cloud-config\n')).toThrow('is no Ignition config')
  })
})

describe('user data that lets our key in nowhere', () => {
  const doubt = (userData: string) => given({}, {}, userData).doubt

  it('is told when its users lack the default one', () => {
    expect(doubt('#cloud-config\nusers: [{name: bob}]\n')).toMatch(/lists `users` without `default`.*put `- default` first/)
    expect(doubt('#cloud-config\nusers: []\n')).toMatch(/without `default`/)
  })

  it.each([
    '#cloud-config\nusers: [default, {name: bob}]\n',
    '#cloud-config\nusers: [{name: default}]\n',
    '#cloud-config\npackages: [vim]\n',
    '#cloud-config\nusers: [\n',
    '#!/bin/sh\nusers:\n',
  ])('is not assumed of %j', (userData) => {
    expect(doubt(userData)).toBeUndefined()
  })
})
