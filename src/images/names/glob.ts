import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

export const isGlob = (text: string): boolean => /[*?[]/.test(text)

type Token = 'any run' | ((char: string) => boolean)

// One part of a path: * any run of characters, ? one, [a-z] one of these, [!a-z] none of these.
const tokensOf = (part: string): readonly Token[] => {
  const chars = Array.from(part)
  const tokens: Token[] = []
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at]
    const close = char === '[' ? chars.indexOf(']', at + 2) : -1
    if (char === '*') tokens.push('any run')
    else if (char === '?') tokens.push(() => true)
    else if (close !== -1) {
      tokens.push(oneOf(chars.slice(at + 1, close).join('')))
      at = close
    } else tokens.push((other) => other === char)
  }
  return tokens
}

const oneOf = (written: string): ((char: string) => boolean) => {
  const body = written.replace(/[\\\]^]/g, '\\$&')
  try {
    const set = new RegExp(body.startsWith('!') ? `^[^${body.slice(1)}]$` : `^[${body}]$`, 'su')
    return (char) => set.test(char)
  } catch {
    return () => false // [z-a]
  }
}

// Goes back to the last * alone, which is enough: as a regular expression, a part with ten of them may be tried for days.
const fits = (tokens: readonly Token[], name: string): boolean => {
  const chars = Array.from(name)
  let token = 0
  let back: { readonly token: number; at: number } | undefined
  for (let at = 0; at < chars.length;) {
    const wanted = tokens[token]
    if (wanted === 'any run') back = { token: (token += 1), at }
    else if (wanted?.(chars[at] ?? '') === true) {
      token += 1
      at += 1
    } else if (back !== undefined) {
      token = back.token
      at = back.at += 1
    } else return false
  }
  return tokens.slice(token).every((left) => left === 'any run')
}

// Files that match a pattern relative to a folder, sorted. A part may be ** for any depth of folders; hidden names match only a part that
// begins with a dot. What was held against it is in docs/dependencies.md.
export const glob = async (pattern: string, cwd: string): Promise<readonly string[]> => {
  const found = new Set<string>()
  const seen = new Set<string>() // several ** lead to the same place in very many ways
  const walk = async (dir: string, parts: readonly string[]): Promise<void> => {
    const [part, ...rest] = parts
    const place = `${parts.length} ${dir}`
    if (part === undefined || seen.has(place)) return
    seen.add(place)
    if (part === '**') await walk(dir, rest)
    else if (!isGlob(part) && rest.length > 0) {
      await walk(join(dir, part), rest)
      return
    }
    const tokens = part === '**' ? (['any run'] as const) : tokensOf(part)
    const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (!fits(tokens, entry.name) || (entry.name.startsWith('.') && !part.startsWith('.'))) continue
      const path = join(dir, entry.name)
      if (part === '**') {
        if (entry.isDirectory()) await walk(path, parts)
      } else if (rest.length > 0) {
        if (!entry.isFile()) await walk(path, rest)
      } else if (entry.isFile() || entry.isSymbolicLink()) found.add(path)
    }
  }
  const parts = pattern.split('/').filter((part) => part !== '' && part !== '.')
  await walk(pattern.startsWith('/') ? '/' : cwd, parts)
  return [...found].sort()
}
