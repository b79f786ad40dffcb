// A way in for the user's own ssh, scp, rsync and Ansible.

export interface SshTarget {
  readonly name: string // of the machine; what the user gives to ssh
  readonly host: string
  readonly port: number
  readonly user: string
  readonly hostKey: string // OpenSSH public key that it has proved
  readonly keyFiles: readonly string[] // private; none: ssh asks for the password
}

export interface SshConfigRequest {
  readonly targets: readonly SshTarget[]
  readonly knownHostsFile: string
}

// Text of an ssh_config with a host for each machine, and of the known_hosts that it names: each is held to the key that it showed us.
export const sshConfig = ({ targets, knownHostsFile }: SshConfigRequest): { readonly config: string; readonly knownHosts: string } => ({
  config: targets.map((target) => section(target, knownHostsFile)).join('\n'),
  knownHosts: targets.map(({ name, hostKey }) => `${name} ${hostKey}\n`).join(''),
})

const section = ({ name, host, port, user, keyFiles }: SshTarget, knownHostsFile: string): string =>
  [
    `Host ${name}`,
    `HostName ${host}`,
    `Port ${port}`,
    `User ${quoted(user)}`,
    ...(keyFiles.length === 0
      ? ['PubkeyAuthentication no']
      : [...keyFiles.map((file) => `IdentityFile ${quoted(file)}`), 'IdentitiesOnly yes']),
    `HostKeyAlias ${name}`,
    `UserKnownHostsFile ${quoted(knownHostsFile)}`,
    'GlobalKnownHostsFile /dev/null',
    'StrictHostKeyChecking yes',
    'LogLevel ERROR',
  ]
    .map((line, index) => `${index === 0 ? '' : '  '}${line}\n`)
    .join('')

// A percent sign would begin a token there. No line end can be written: users that have one are refused before.
const quoted = (text: string): string => {
  if (/[\n\r]/.test(text)) throw new RangeError('ssh_config cannot hold this value')
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll('%', '%%')}"`
}
