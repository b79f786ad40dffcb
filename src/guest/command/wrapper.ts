// The small POSIX shell program around each command in the guest. It travels over stdin, so that neither its length nor what it holds
// shows in the guest's process list.
import { doubtOf } from './blind-shell'
import { shellQuote } from '../../lib/shell-quote'
import { starter } from './starter'

export interface Wrapped {
  readonly script: string
  readonly shell: string // a template with {0}, where the script's file name goes
  readonly as?: string
  readonly uid?: number // of the login, where it is known
  readonly cwd?: string
  readonly env: Readonly<Record<string, string>>
  readonly token: string // random, letters, digits and dashes: marks the wrapper's own words among the command's output
  readonly asked: string // random: what the command line handed to the shell that we asked for
}

// What it does, in order: tells on both streams who runs it, and goes on only as whom it should; puts the script into a private file,
// enters the folder, starts the shell as the leader of a session of its own, and ends both streams with the exit code.
// The marks end the streams where the command ended, even if it leaves a daemon that holds them open.
// The shell starts when a line on stdin says that its process id was heard; a mark `leader` asks for it. It is one command, which a shell reads whole before it runs any of it. What the test names is in no variable of it: see the starter.
export const wrapperProgram = ({ script, shell, as, uid, cwd, env, token, asked }: Wrapped): string =>
  [
    ...guard(token, asked),
    `{`,
    ...tell(token),
    `image_test_uid=$(id -u)`,
    `image_test_wanted=${as === undefined ? (uid ?? '"$image_test_uid"') : `$(id -u ${shellQuote(as)})`}`,
    `tell begin "$image_test_uid" "$image_test_wanted"`,
    `[ "$image_test_uid" = "$image_test_wanted" ] || exit`,
    // A full or read-only /tmp must not keep a test from running.
    `for image_test_in in "\${TMPDIR:-/tmp}" /dev/shm /run /var/tmp; do`,
    `  image_test_dir=$(mktemp -d "$image_test_in/image-test.XXXXXX" 2>/dev/null) || continue`,
    `  (printf %s ${shellQuote(script)} >"$image_test_dir/script") 2>/dev/null && break`,
    `  rm -rf "$image_test_dir"`,
    `  image_test_dir=`,
    `done`,
    `finish() { rm -rf "$image_test_dir"; tell "$@"; exit; }`,
    `[ -n "$image_test_dir" ] || { tell nowhere; exit; }`,
    ...(cwd === undefined ? [] : [`CDPATH= cd -- ${shellQuote(cwd)} >/dev/null || finish astray`]),
    `set --`,
    `command -v setsid >/dev/null 2>&1 && set -- setsid`,
    `start() { printf %s ${shellQuote(starter({ shell, env, token: hidden(token) }))} | "$@"; }`,
    `start "$@" /bin/sh -s "$image_test_dir/script" 3>&2 4<&0`,
    `image_test_code=$?`,
    `[ -e "$image_test_dir/script.unable" ] && finish unable "$image_test_code"`,
    // A program that starts another one (sudo, env, chroot, bash with a BASH_ENV) fails with a code of its own when it could not. Then an empty
    // script has the same end; that of a command in the script is not. What HUP, KILL or TERM ended had begun.
    `retry() {`,
    `  (mkdir -p "$image_test_dir" && printf %s "$1" >"$image_test_dir/other") 2>/dev/null`,
    `  shift`,
    `  start "$@" /bin/sh -s "$image_test_dir/other" 3>&2 4<&0 >/dev/null 2>&1`,
    `  image_test_other=$?`,
    `}`,
    `case $image_test_code in`,
    `  0) if ${where[doubtOf(shell, env)]}; then retry 'exit 97' "$@"; [ "$image_test_other" != 0 ] || finish blind 0; fi ;;`,
    `  129|137|143) ;;`,
    `  *)`,
    `    retry '' "$@"`,
    `    case "$image_test_code $image_test_other" in`,
    `      12[67]' '12[67]) finish unable "$image_test_code" ;;`,
    `      "$image_test_other $image_test_code") finish empty "$image_test_code" ;;`,
    `    esac ;;`,
    `esac`,
    `finish end "$image_test_code"`,
    `}`,
    '',
  ].join('\n')

const where = { never: 'false', 'with a BASH_ENV': '[ -n "$BASH_ENV" ]', always: ':' } as const

// Nothing runs but under the shell that the command line asked for. A start file of the login shell that puts another program in its place
// (exec zsh) drops the command line, sudo with it, and the other one reads what comes on stdin: it gets these two lines, which zsh, fish,
// tcsh and ksh understand like sh, and ends.
export const guard = (token: string, asked: string): readonly string[] => [
  `test "$1" = ${asked} || /bin/sh -c 'for stream in 1 2; do echo "${hidden(token)} other $(readlink /proc/$PPID/exe)" >&$stream; done'`,
  `test "$1" = ${asked} || exit`,
]

// `tell WORD VALUES` prints a mark on both streams. Options that the guest's environment brings (SHELLOPTS) go first: they would trace it.
export const tell = (token: string): readonly string[] => [
  `set +aefuvx`,
  `tell() { echo ${hidden(token)} "$@"; echo ${hidden(token)} "$@" >&2; }`,
]

// The token as a shell reads it, also within double quotes; `set -v` would print the program's text.
export const hidden = (token: string): string => token.replace('-', `""-`)

// The command line that sshd gets. A nested login shell of any kind reads it; the program itself comes over stdin.
export const remoteCommand = (as: string | undefined, asked: string): string =>
  `exec ${as === undefined ? '' : `sudo -n -u ${shellQuote(as)} -- `}/bin/sh -s ${asked}`

// dash wants `--` before a group, busybox refuses it, and bash takes both. Without setsid in the guest there is no group.
const killGroup = (signal: string, leader: number): string => `kill -s ${signal} -- -${leader} || kill -s ${signal} -${leader}`

export const killCommand = (as: string | undefined, leader: number, signal: 'TERM' | 'KILL'): string =>
  asUser(as, `{ ${killGroup(signal, leader)} || kill -s ${signal} ${leader}; } 2>/dev/null`)

// Tells `goneCode` when no process of the leader's group lives. Not 1, which sudo has for itself.
export const aliveCommand = (as: string | undefined, leader: number): string =>
  asUser(as, `{ ${killGroup('0', leader)}; } >/dev/null 2>&1 || exit ${goneCode}`)

export const goneCode = 43

const asUser = (as: string | undefined, command: string): string =>
  `exec ${as === undefined ? '' : `sudo -n -u ${shellQuote(as)} -- `}/bin/sh -c ${shellQuote(command)}`
