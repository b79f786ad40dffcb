import { JobError } from '../errors'
import type { SeedRequest } from './nocloud'
import type { SeedFile } from './seed'

// Where Ignition looks on QEMU (Fedora CoreOS, RHEL CoreOS); Flatcar knows the name as well.
const place = 'opt/com.coreos/config'

export type IgnitionRequest = Pick<SeedRequest, 'hostname' | 'authorizedKeys' | 'hostKeys' | 'userData'> & { readonly user: string }

// An Ignition config with as little as lets us in and proves that it is the guest that answers. The user's own is handed to Ignition to be
// merged by its own rules, where the user's values win and lists such as keys are joined; so any 3.x version will do for theirs.
// https://coreos.github.io/ignition/configuration-v3_0/ config-error: the user's is no Ignition config
export const ignitionSeed = (request: IgnitionRequest): readonly SeedFile[] => {
  const { user, authorizedKeys, hostname, hostKeys, userData } = request
  if (userData !== undefined) refuseOther(userData)
  const config = {
    ignition: {
      version: '3.0.0', // the oldest stable one: every Ignition of today reads it
      ...(userData === undefined ? {} : { config: { merge: [{ source: dataUrl(userData) }] } }),
    },
    passwd: { users: [{ name: user, sshAuthorizedKeys: authorizedKeys }] },
    storage: {
      files: [
        file('/etc/hostname', 0o644, `${hostname}\n`),
        ...Object.entries(hostKeys).flatMap(([kind, key]) => [
          file(`/etc/ssh/ssh_host_${kind}_key`, 0o600, key.private),
          file(`/etc/ssh/ssh_host_${kind}_key.pub`, 0o644, `${key.public}\n`),
        ]),
      ],
    },
  }
  return [{ path: place, content: new TextEncoder().encode(JSON.stringify(config)) }]
}

const file = (path: string, mode: number, content: string) => ({ path, mode, overwrite: true, contents: { source: dataUrl(content) } })

const dataUrl = (content: string): string => `data:;base64,${Buffer.from(content).toString('base64')}`

// Whether user data is meant for Ignition: JSON with a version of its own.
export const isIgnition = (text: string): boolean => ignitionVersion(text) !== undefined

const ignitionVersion = (text: string): string | undefined => {
  try {
    const { ignition } = JSON.parse(text) as { ignition?: { version?: unknown } }
    return typeof ignition?.version === 'string' ? ignition.version : undefined
  } catch {
    return undefined
  }
}

const refuseOther = (userData: string): void => {
  const version = ignitionVersion(userData)
  if (version?.startsWith('3.')) return
  const found = version === undefined ? 'is no Ignition config' : `is an Ignition config of version ${version.slice(0, 20)}`
  throw new JobError('config-error', `user-data ${found}, but the image is provisioned by Ignition`, {
    hint: 'Give a config of spec 3.x as JSON (butane makes one from YAML), or say `provisioning: cloud-init`.',
  })
}
