// How a Vagrant box differs from an image that reads a seed: it brings its user, and trusts keys that everybody knows.
import type { AccessSpec, MachineSpec } from '../config/job'
import { plural } from '../lib/wording'
import type { Login } from './login'
import { vagrantKeys } from './vagrant-keys'
import type { BoxGuest, MadeFor } from '../images/disks'

// What the job gives comes first, then what the box brings, then the well-known keys and the password, in Vagrant's order.
export const boxLogins = (box: BoxGuest, { loginUser, sshKey, password }: AccessSpec): readonly Login[] => {
  const keys = [sshKey, box.privateKey, ...vagrantKeys()].filter((key) => key !== undefined)
  const passwords = [...new Set([password, box.password])].filter((text) => text !== undefined)
  const auths: readonly Login['auth'][] = [
    ...keys.map((privateKey) => ({ kind: 'key', privateKey }) as const),
    ...passwords.map((text) => ({ kind: 'password', password: text }) as const),
  ]
  return auths.map((auth) => ({ user: loginUser ?? box.user, auth }))
}

const MiB = 1024 * 1024
// Vagrant's own default of 512 MiB is too little for the distributions of today.
const leastBytes = 1024 * MiB

// What to say of the machine that a box gets. Memory and CPUs are what the job pays with, so that a box does not get more by asking.
export const machineAdvice = (
  { memoryBytes: wanted = 0, cpus: wantedCpus = 0 }: Pick<MadeFor, 'memoryBytes' | 'cpus'>,
  { memoryBytes, cpus }: MachineSpec,
): readonly string[] => {
  const had = `the machine has ${Math.floor(memoryBytes / MiB)} MiB of memory`
  return [
    ...(memoryBytes < wanted ? [`${had}, but the box asks for ${Math.round(wanted / MiB)} MiB: set \`memory\``] : []),
    ...(memoryBytes >= wanted && memoryBytes < leastBytes ? [`${had}; at least 1 GiB is recommended for a box`] : []),
    ...(cpus < wantedCpus ? [`the machine has ${plural(cpus, 'CPU')}, but the box asks for ${wantedCpus}: set \`cpus\``] : []),
  ]
}

// Nothing that we put into a box tells which host key it must have: it makes its own at the first boot. undefined when it is the known one.
export const hostKeyNote = (fingerprint: string, known: string | undefined): string | undefined => {
  if (known === undefined) return `the box has a host key of its own, which is known only from the first connection: ${fingerprint}`
  return fingerprint === known ? undefined : `the host key of the box changed with a reboot: it is ${fingerprint} now`
}
