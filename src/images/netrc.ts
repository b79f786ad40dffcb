export interface NetrcLogin {
  readonly machine: string
  readonly login: string
  readonly password: string
}

// The logins of a .netrc: `machine HOST login USER password SECRET`, in any order and over any number of lines. `default`, which would give a
// password to everybody who asks, is passed over, and so are macros.
export const readNetrc = (text: string): readonly NetrcLogin[] => {
  const logins: { machine: string | undefined; login: string; password: string }[] = []
  const words = wordsOf(text)
  for (let index = 0; index < words.length; index += 1) {
    const [word, next] = [words[index], words[index + 1]]
    const current = logins.at(-1)
    if (word === 'default') logins.push({ machine: undefined, login: '', password: '' })
    else if (next === undefined) break
    else if (word === 'machine') logins.push({ machine: next.toLowerCase(), login: '', password: '' })
    else if (word === 'login' && current !== undefined) current.login = next
    else if (word === 'password' && current !== undefined) current.password = next
    if (word !== 'default') index += 1
  }
  return logins.flatMap(({ machine, ...login }) => (machine === undefined || login.password === '' ? [] : [{ machine, ...login }]))
}

// A macro goes on to the next empty line, a comment to the end of its line; a word in quotes may have blanks.
const wordsOf = (text: string): readonly string[] =>
  [
    ...text
      .replace(/\r\n/g, '\n')
      .replace(/^[ \t]*macdef\b[^]*?(\n[ \t]*\n|$(?![^]))/gm, '\n')
      .replace(/^[ \t]*#.*$/gm, '')
      .matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g),
  ].map(([, quoted, plain]) => quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '')
