// Which shells may end with 0 although the script failed, or never ran: a program around them that waits for nothing (setsid, systemd-run
// without --wait, a login shell of /bin/true), a start file that ends or that sets a trap.

export type Doubt = 'never' | 'with a BASH_ENV' | 'always'

// A shell that is asked to run the script, with nothing that does something about its exit code. What is no shell may make what it likes of a
// script.
const shellAtEnd =
  /^(?:[\w.+/=:,@%-]+ +)*(?:[\w.+/-]*\/)?(?:ba|da|a|k|mk|pdk|z)?sh(?<options>(?: +(?:--?[\w-]+|(?<=o +)[a-z]+))*) +\{0\} *$/

export const doubtOf = (shell: string, env: Readonly<Record<string, string>>): Doubt => {
  const options = shellAtEnd.exec(shell.trim())?.groups?.['options']
  if (options === undefined || / -[a-z]*[nc]|noexec/.test(options)) return 'never'
  if (/^sh(?: -e)? \{0\}$/.test(shell)) return 'never'
  if (!/^bash(?: --noprofile| --norc| -e| -eo pipefail)* \{0\}$/.test(shell) || Object.hasOwn(env, 'BASH_ENV')) return 'always'
  return 'with a BASH_ENV'
}
