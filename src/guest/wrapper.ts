// The small POSIX shell program around each command in the guest. It travels over stdin, so that neither its length nor what it holds
// shows in the guest's process list.

export interface Wrapped {
  readonly script: string
  readonly shell: string // a template with {0}, where the script's file name goes
  readonly cwd?: string
  readonly env: Readonly<Record<string, string>>
  readonly token: string // random, letters and digits: marks the wrapper's own words among the command's output
}

// What it does, in order: puts the script into a private file, enters the folder, sets the environment, starts the shell as the leader of
// a session of its own with an empty stdin, which says its process id on stderr, and ends both streams with the exit code.
// The marks end the streams where the command ended, even if it leaves a daemon that holds them open.
export const wrapperProgram = ({ script, shell, cwd, env, token }: Wrapped): string =>
  [
    // A full or read-only /tmp must not keep a test from running.
    `for t in "\${TMPDIR:-/tmp}" /dev/shm /run /var/tmp; do`,
    `  d=$(mktemp -d "$t/image-test.XXXXXX" 2>/dev/null) || continue`,
    `  (printf %s ${quote(script)} >"$d/script") 2>/dev/null && break`,
    `  rm -rf "$d"`,
    `  d=`,
    `done`,
    `finish() { rm -rf "$d"; printf '%s %s\n' ${token} "$1"; printf '%s %s\n' ${token} "$1" >&2; exit; }`,
    `[ -n "$d" ] || finish nowhere`,
    ...(cwd === undefined ? [] : [`cd ${quote(cwd)} || finish astray`]),
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`),
    `s=`,
    `command -v setsid >/dev/null 2>&1 && s=setsid`,
    `$s sh -c ${quote(`printf '%s leader %s\n' ${token} $$ >&2; exec ${shell.replaceAll('{0}', '"$0"')}`)} "$d/script" </dev/null`,
    `finish $?`,
    '',
  ].join('\n')

// The command line that sshd gets. A nested login shell of any kind reads it; the program itself comes over stdin.
export const remoteCommand = (as: string | undefined): string => (as === undefined ? 'exec sh' : `exec sudo -n -u ${quote(as)} -- sh`)

// dash wants `--` before a group, busybox refuses it, and bash takes both. Without setsid in the guest there is no group.
const killGroup = (signal: string, leader: number): string => `kill -s ${signal} -- -${leader} || kill -s ${signal} -${leader}`

export const killCommand = (as: string | undefined, leader: number, signal: 'TERM' | 'KILL'): string =>
  asUser(as, `{ ${killGroup(signal, leader)} || kill -s ${signal} ${leader}; } 2>/dev/null`)

// Exits with 0 while any process of the leader's group lives, else with 1.
export const aliveCommand = (as: string | undefined, leader: number): string =>
  asUser(as, `{ ${killGroup('0', leader)}; } >/dev/null 2>&1 || exit 1`)

const asUser = (as: string | undefined, command: string): string => {
  const shell = `exec sh -c ${quote(command)}`
  return as === undefined ? shell : `exec sudo -n -u ${quote(as)} -- sh -c ${quote(command)}`
}

export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
