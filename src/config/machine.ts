// What boots, and on what: inputs first, then the job file, then the defaults.
import { defined } from './defined'
import { imageFields, machineFields } from './fields/image'
import type { GivenInputs } from './fields/inputs'
import type { WrittenJob } from './fields/job'
import type { MachineSpec } from './job'
import { defaultOf } from './types/scalar'

type Access = Pick<MachineSpec, 'password' | 'sshKey'>

export const machineSpec = (
  source: string,
  given: GivenInputs,
  { image: writtenImage, machine = {} }: WrittenJob,
  access: Access,
): MachineSpec => {
  const image = writtenImage?.value ?? {}
  return {
    name: 'machine',
    image: {
      source,
      verify: given.verify ?? image.verify ?? defaultOf(imageFields.verify),
      ...defined({
        checksum: given.checksum ?? image.checksum,
        checksumFile: given['checksum-file'] ?? image['checksum-file'],
        signingKey: given['signing-key'] ?? image['signing-key'],
        loginUser: given['login-user'] ?? image['login-user'],
        format: given.format ?? image.format,
        arch: given.arch ?? image.arch,
        location: given.image === undefined ? writtenImage?.location : undefined,
      }),
    },
    memoryBytes: given.memory ?? machine.memory ?? defaultOf(machineFields.memory),
    cpus: given.cpus ?? machine.cpus ?? defaultOf(machineFields.cpus),
    firmware: given.firmware ?? machine.firmware ?? defaultOf(machineFields.firmware),
    provisioning: given.provisioning ?? image.provisioning ?? defaultOf(imageFields.provisioning),
    hardware: {
      tpm: given.tpm ?? machine.tpm ?? defaultOf(machineFields.tpm),
      diskBus: given['disk-bus'] ?? machine['disk-bus'] ?? defaultOf(machineFields['disk-bus']),
      nic: given.nic ?? machine.nic ?? defaultOf(machineFields.nic),
      nics: machine.nics ?? defaultOf(machineFields.nics),
      emptyDisksBytes: machine.disks ?? [],
    },
    ...defined({ diskBytes: given.disk ?? machine.disk }),
    ...access,
  }
}

// The last part of a path or URL, or the name as it is; without what stands before an @ or after a ?.
export const imageName = (source: string): string => {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return source.split('/').findLast((part) => part !== '') ?? source
  const url = URL.canParse(source) ? new URL(source) : undefined
  return url?.pathname.split('/').findLast((part) => part !== '') ?? url?.host ?? 'image'
}
