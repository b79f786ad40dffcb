// YAML's syntax errors in words for people who do not know YAML's own.
import type { ErrorCode, LineCounter, YAMLParseError } from 'yaml'

// Offsets of the first character and of the one after the last.
export type Span = readonly [from: number, to: number]

const advice: Readonly<Partial<Record<ErrorCode, string>>> = {
  BLOCK_AS_IMPLICIT_KEY: 'a `: ` inside a text, or a line that is indented too far; put the text in quotes or on its own lines below `|`',
  MULTILINE_IMPLICIT_KEY: 'this line is neither a `key: value` nor the continuation of the text above; check its indentation',
  TAB_AS_INDENT: 'this line is indented with a tab; YAML wants spaces',
  MULTIPLE_DOCS: 'a second document starts here; write one document per file and no `---` between',
  BAD_DQ_ESCAPE: 'a text in double quotes has a backslash that YAML does not know; use single quotes or write `\\\\`',
  RESOURCE_EXHAUSTION: 'this is nested too deeply',
}

// One problem per line: the ones that follow on the same line are echoes of the first.
export const syntaxProblems = (
  errors: readonly Pick<YAMLParseError, 'code' | 'message' | 'pos'>[],
  lines: LineCounter,
): readonly { span: Span; message: string }[] => {
  const seen = new Set<number>()
  return errors.flatMap(({ code, message, pos }) => {
    const { line } = lines.linePos(pos[0])
    if (seen.has(line)) return []
    seen.add(line)
    return [{ span: pos, message: `not valid YAML: ${advice[code] ?? explained(message)}` }]
  })
}

// The library quotes the file's own text, which may be anything, behind a colon and in these: the place is told, the text is not.
const quoting = /^(invalid escape sequence|unknown directive|unsupported YAML version|unresolved tag|unresolved alias|the) .*$/is

const explained = (message: string): string => {
  const words = `${message.charAt(0).toLowerCase()}${message.slice(1)}`
  if (message.startsWith('Plain value cannot start with')) return `${words}; put it in quotes`
  const [, known = words.replace(/: .*$/s, '')] = quoting.exec(words) ?? []
  return known === 'the' ? 'a tag is not declared' : known
}
