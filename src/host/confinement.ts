import { capability, hasCapabilities } from './capabilities'

// What a program that touches an image is kept from: privileges, and more memory and time than its work takes.
export interface UserIdentity {
  readonly uid: number
  readonly gid: number
  readonly groups: readonly number[]
}

export interface Confinement {
  readonly as?: UserIdentity | undefined // absent: as whom we run ourselves
  readonly addressBytes?: number | undefined
  readonly cpuSeconds?: number
  readonly fileBytes?: number // that it may write into one file
  readonly keepsCapabilities?: boolean // as root; without this it has none, also where nobody but root could do its work
  readonly diesWithUs?: boolean // from the main thread: the parent-death signal follows the thread that spawned
}

// The command line that starts a program so. Both programs are of util-linux; a core dump would hold the guest's memory.
export const confined = (
  { as, addressBytes, cpuSeconds, fileBytes, keepsCapabilities = false, diesWithUs = false }: Confinement,
  command: readonly string[],
): readonly string[] => [
  'setpriv',
  ...(diesWithUs ? ['--pdeathsig', 'KILL'] : []),
  ...(as === undefined ? [] : [`--reuid=${as.uid}`, `--regid=${as.gid}`, groupsOf(as)]),
  ...(as === undefined && !keepsCapabilities && mayDropCapabilities() ? ['--inh-caps=-all', '--bounding-set=-all'] : []),
  ...['--no-new-privs', '--', 'prlimit', '--core=0'],
  ...(addressBytes === undefined ? [] : [`--as=${addressBytes}`]),
  ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}:${cpuSeconds + graceSeconds}`]),
  ...(fileBytes === undefined ? [] : [`--fsize=${fileBytes}`]),
  ...['--', ...command],
]

const mayDropCapabilities = (): boolean => process.getuid?.() === 0 && hasCapabilities(capability.setpcap)

// The kernel tells the first limit by SIGXCPU, and ends by SIGKILL at the second, as anybody may who is out of memory.
const graceSeconds = 5

const groupsOf = ({ groups }: UserIdentity): string => (groups.length === 0 ? '--clear-groups' : `--groups=${groups.join(',')}`)
