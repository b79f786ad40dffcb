import ssh2 from 'ssh2'
import { expect, it } from 'vitest'
import { vagrantKeys } from '../../../src/access/vagrant-keys'

// Of https://github.com/hashicorp/vagrant/blob/main/keys/vagrant.pub
const published = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN1YdxBpNlzxDqfJyw/QKow1F+wvG9hXGoqiysfJOn5Y',
  'ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ==',
]

it('are the published ones, in the order in which Vagrant tries them', () => {
  const keys = vagrantKeys().map((key) => ssh2.utils.parseKey(key))
  expect(keys.map((key) => (key instanceof Error ? key.message : `${key.type} ${key.getPublicSSH().toString('base64')}`))).toEqual(
    published,
  )
})

it('can sign what their public halves verify', () => {
  for (const key of vagrantKeys()) {
    const parsed = ssh2.utils.parseKey(key)
    if (parsed instanceof Error) throw parsed
    expect(parsed.verify('text', parsed.sign('text'))).toBe(true)
  }
})
