// What boots, and on what: inputs first, then the job file, then the defaults.
import { defined } from './defined'
import { imageFields, machineFields } from './fields/image'
import { inputs as table, type GivenInputs } from './fields/inputs'
import { jobFields, type WrittenJob } from './fields/job'
import type { AccessSpec, MachineSpec } from './job'
import { durationOf } from './duration'
import { defaultOf } from './types/scalar'
import { theMachine } from '../results'

// What had to be read to be known.
type Read = Pick<AccessSpec, 'sshKey' | 'userData'>

export const machineSpec = (
  source: string,
  given: GivenInputs,
  { image: writtenImage, machine = {}, 'boot-timeout': bootTimeout }: WrittenJob,
  read: Read,
): MachineSpec => {
  const image = writtenImage?.value ?? {}
  return {
    name: theMachine,
    provider: 'qemu',
    bootTimeout: durationOf(given['boot-timeout'] ?? bootTimeout, jobFields['boot-timeout']),
    access: {
      provisioning: given.provisioning ?? image.provisioning ?? defaultOf(imageFields.provisioning),
      ...defined({ loginUser: given['login-user'] ?? image['login-user'], password: given.password, ...read }),
    },
    image: {
      source,
      verify: given.verify ?? image.verify ?? defaultOf(imageFields.verify),
      ...defined({
        checksum: given.checksum ?? image.checksum,
        checksumFile: given['checksum-file'] ?? image['checksum-file'],
        signingKey: given['signing-key'] ?? image['signing-key'],
        format: given.format ?? image.format,
        arch: given.arch ?? image.arch,
        location: given.image === undefined ? writtenImage?.location : undefined,
      }),
    },
    memoryBytes: given.memory ?? machine.memory ?? defaultOf(machineFields.memory),
    cpus: given.cpus ?? machine.cpus ?? defaultOf(machineFields.cpus),
    firmware: given.firmware ?? machine.firmware ?? defaultOf(machineFields.firmware),
    accelerator: given.accelerator ?? defaultOf(table.accelerator),
    qemuArgs: given['qemu-args'] ?? [],
    hardware: {
      tpm: given.tpm ?? machine.tpm ?? defaultOf(machineFields.tpm),
      diskBus: given['disk-bus'] ?? machine['disk-bus'] ?? defaultOf(machineFields['disk-bus']),
      nic: given.nic ?? machine.nic ?? defaultOf(machineFields.nic),
      nics: machine.nics ?? defaultOf(machineFields.nics),
      emptyDisksBytes: machine.disks ?? [],
    },
    ...defined({ diskBytes: given.disk ?? machine.disk }),
  }
}

// The last part of a path or URL, or the name as it is; without what stands before an @ or after a ?.
export const imageName = (source: string): string => {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(source)) return source.split('/').findLast((part) => part !== '') ?? source
  const url = URL.canParse(source) ? new URL(source) : undefined
  return url?.pathname.split('/').findLast((part) => part !== '') ?? url?.host ?? 'image'
}
