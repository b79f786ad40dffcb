import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

export const isGlob = (text: string): boolean => /[*?[]/.test(text)

// One part of a path: * any run of characters, ? one, [a-z] one of these, [!a-z] none of these.
const partPattern = (part: string): RegExp => {
  let source = ''
  for (let at = 0; at < part.length; at += 1) {
    const char = part.charAt(at)
    const close = char === '[' ? part.indexOf(']', at + 2) : -1
    if (char === '*') {
      if (!source.endsWith('.*')) source += '.*'
    } else if (char === '?') source += '.'
    else if (close !== -1) {
      const body = part.slice(at + 1, close).replace(/[\\\]^]/g, '\\$&')
      source += body.startsWith('!') ? `[^${body.slice(1)}]` : `[${body}]`
      at = close
    } else source += char.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  }
  try {
    return new RegExp(`^${source}$`, 'su')
  } catch {
    return /^(?!)$/ // [z-a] matches nothing
  }
}

// Files that match a pattern relative to a folder, sorted. A part may be ** for any depth of folders; hidden names match only a part that
// begins with a dot. Node has this itself from version 22 on.
export const glob = async (pattern: string, cwd: string): Promise<readonly string[]> => {
  const found = new Set<string>()
  const walk = async (dir: string, parts: readonly string[]): Promise<void> => {
    const [part, ...rest] = parts
    if (part === undefined) return
    if (part === '**') await walk(dir, rest)
    else if (!isGlob(part) && rest.length > 0) {
      await walk(join(dir, part), rest)
      return
    }
    const matches = part === '**' ? /^/ : partPattern(part)
    const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (!matches.test(entry.name) || (entry.name.startsWith('.') && !part.startsWith('.'))) continue
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
