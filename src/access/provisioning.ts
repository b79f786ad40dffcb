// How our key gets into the guest.
import { randomUUID } from 'node:crypto'
import { theMachine } from '../results'
import type { AccessSpec, MachineSpec } from '../config/job'
import type { Keys } from './keys'
import { usualUser } from './usual-user'
import type { Disks } from '../images/disks'
import { ignitionSeed, isIgnition } from './ignition'
import { leavesOutDefaultUser, noCloudSeed } from './nocloud'
import type { Seed } from './seed'
import { credentialSeed } from './systemd-credentials'

export interface Provisioned {
  readonly seed: Seed
  readonly hostKeys?: readonly string[] // OpenSSH public keys, when the seed brings the guest's
  readonly user?: string // whom it lets in, when that is certain
  readonly doubt?: string // why our key may let in nobody, as a sentence without its full stop
}

export interface ProvisioningRequest {
  readonly spec: Pick<MachineSpec, 'name' | 'access'>
  readonly image: Pick<Disks, 'facts' | 'loginUser' | 'provisioning' | 'box'>
  readonly user: Keys
  readonly host: Keys
}

// config-error: user data of another kind than the image takes.
export const provision = ({ spec, image, user, host }: ProvisioningRequest): Provisioned => {
  const { loginUser, password, userData } = spec.access
  const hostname = spec.name === theMachine ? 'image-test' : spec.name
  const authorizedKeys = [user.ed25519.public, user.ecdsa.public]
  const hostKeys = [host.ed25519.public, host.ecdsa.public]
  const own = userData === undefined ? {} : { userData: userData.text }
  switch (wayIn(spec.access, image)) {
    case 'none':
      return { seed: { by: 'volume', files: [] } }
    case 'systemd-credentials':
      return { seed: { by: 'smbios', files: credentialSeed(authorizedKeys) }, user: 'root' }
    case 'ignition': {
      const name = loginUser ?? image.loginUser ?? 'core'
      const files = ignitionSeed({ user: name, hostname, authorizedKeys, hostKeys: host, ...own })
      return { seed: { by: 'fw_cfg', files }, hostKeys, user: name }
    }
    case 'cloud-init': {
      const files = noCloudSeed({
        instanceId: `image-test-${randomUUID()}`,
        hostname,
        authorizedKeys,
        hostKeys: host,
        ...(password === undefined ? {} : { password }),
        ...own,
      })
      return {
        seed: { by: 'volume', files },
        ...(image.box === undefined ? { hostKeys } : {}), // a box keeps its own
        ...(userData !== undefined && leavesOutDefaultUser(userData.text) ? { doubt: noDefaultUser } : {}),
      }
    }
  }
}

const noDefaultUser =
  'the user-data lists `users` without `default`, so cloud-init makes no default user and our key lets in nobody: put `- default` first in that list, or name a user that has a `password` or an `ssh-key` of yours with `login-user`'

const wayIn = (
  { provisioning, userData }: AccessSpec,
  image: ProvisioningRequest['image'],
): Exclude<AccessSpec['provisioning'], 'auto'> => {
  if (provisioning !== 'auto') return provisioning
  // A box needs no seed: it knows the keys that are tried, and what it is not given changes nothing in it.
  if (image.box !== undefined) return userData === undefined ? 'none' : 'cloud-init'
  if (image.provisioning === 'ignition' || image.provisioning === 'cloud-init') return image.provisioning
  if (userData !== undefined && isIgnition(userData.text)) return 'ignition'
  return usualUser(image.facts.asked.split('/').at(-1) ?? '') === 'core' ? 'ignition' : 'cloud-init'
}
