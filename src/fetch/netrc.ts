import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface NetrcLogin {
  readonly machine: string
  readonly login: string
  readonly password: string
}

// Where the logins of this machine's user are, as curl looks for them; undefined where there is no home.
export const netrcPath = ({ NETRC: given, HOME: home }: Readonly<Record<string, string | undefined>>): string | undefined => {
  if (given !== undefined && given !== '') return given
  return home === undefined || home === '' ? undefined : join(home, '.netrc')
}

const longestBytes = 1024 * 1024

// The logins that this machine's user has: of none is made use that is not known as a secret.
export const netrcLogins = (env: Readonly<Record<string, string | undefined>>): readonly NetrcLogin[] => {
  const path = netrcPath(env)
  try {
    if (path === undefined || !statSync(path).isFile() || statSync(path).size > longestBytes) return []
    return readNetrc(readFileSync(path, 'utf8'))
  } catch {
    return [] // none, or not ours to read
  }
}

// The logins of a .netrc: `machine HOST login USER password SECRET`, in any order and over any number of lines. `default`, which would give a
// password to everybody who asks, is passed over, and so are macros and comments. A `#` begins a comment where a keyword may stand; as a value
// it may begin a password.
export const readNetrc = (text: string): readonly NetrcLogin[] => {
  const logins: { machine: string | undefined; login: string; password: string }[] = []
  const words = wordsOf(text)
  for (let index = 0; index < words.length; index += 1) {
    const { word = '', line } = words[index] ?? {}
    const next = words[index + 1]?.word
    const current = logins.at(-1)
    if (word.startsWith('#')) {
      while (words[index + 1]?.line === line) index += 1
      continue
    }
    if (word === 'default') logins.push({ machine: undefined, login: '', password: '' })
    else if (next === undefined) break
    else if (word === 'machine') logins.push({ machine: next.toLowerCase(), login: '', password: '' })
    else if (word === 'login' && current !== undefined) current.login = next
    else if (word === 'password' && current !== undefined) current.password = next
    if (word !== 'default') index += 1
  }
  return logins.flatMap(({ machine, ...login }) => (machine === undefined || login.password === '' ? [] : [{ machine, ...login }]))
}

interface Word {
  readonly word: string
  readonly line: number
}

// A macro goes on to the next empty line; a word in quotes may have blanks, but ends on its line, as a stray quote in a comment must.
const wordsOf = (text: string): readonly Word[] =>
  text
    .replace(/\r\n/g, '\n')
    .replace(/^[ \t]*macdef\b[^]*?(\n[ \t]*\n|$(?![^]))/gm, '\n')
    .replace(/^[ \t]*#.*$/gm, '')
    .split('\n')
    .flatMap((content, line) =>
      [...content.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(([, quoted, plain]) => ({
        word: quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '',
        line,
      })),
    )
