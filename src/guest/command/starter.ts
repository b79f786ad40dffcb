// The process that becomes the shell of a command: its program sets the environment at the last moment, so that no name of a test is ever
// one of the wrapper's.
import { shellQuote } from '../../lib/shell-quote'

export interface ScriptStart {
  readonly shell: string // a template with {0}
  readonly env: Readonly<Record<string, string>>
  readonly token: string // as a shell reads it
}

// Names that some shell keeps for itself: exported they would end it or get another value. `env` sets them, where others may see them for a
// moment in the process list.
const kept =
  /^(_|BASHOPTS|BASHPID|BASH_(?!ENV$)[A-Z_]+|DIRSTACK|EPOCH\w+|EUID|FUNCNAME|GROUPS|HISTCMD|LINENO|OPTIND|PIPESTATUS|PPID|RANDOM|SECONDS|SHELLOPTS|SRANDOM|UID)$/

// $1 is the script. Tells its process id on descriptor 3, which is the wrapper's stderr, and waits on 4, which is its stdin, until we have heard
// it: whoever no longer listens, or lost the connection, leaves no script behind that nobody can kill. A shell that cannot be executed leaves a file
// beside the script: what an interpreter ends with is never taken for that, nor the other way round.
export const starter = ({ shell, env, token }: ScriptStart): string => {
  const names = Object.keys(env)
  const assigned = names.filter((name) => kept.test(name)).map((name) => `${name}=${shellQuote(env[name] ?? '')}`)
  const template = shell.replaceAll('{0}', '"$1"')
  // A PATH of the test decides what runs in it, but it need not lead to the shell that runs it.
  const program = names.includes('PATH') ? /^\s*([\w.+-]+)(?=\s)/.exec(template)?.[1] : undefined
  return [
    `trap ': >"$1.unable"' EXIT`,
    ...(program === undefined ? [] : [`set -- "$1" "$(command -v ${program})"`]),
    `echo ${token} leader "$$" >&3 && read -r image_test_heard <&4 || exit`,
    `unset image_test_heard`,
    ...names.filter((name) => !kept.test(name)).map((name) => `export ${name}=${shellQuote(env[name] ?? '')}`),
    [
      `exec`,
      ...(assigned.length === 0 ? [] : ['/usr/bin/env', ...assigned]),
      program === undefined
        ? template
        : `"$(command -v ${program} || echo "\${2:-${program}}")"${template.trimStart().slice(program.length)}`,
      `</dev/null 3>&- 4<&-`,
    ].join(' '),
  ].join('\n')
}
