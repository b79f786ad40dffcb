// GitHub-flavoured Markdown out of text that strangers may have chosen: none of it becomes markup, a link, a mention or a new row.
import { oneLine, visible } from './text'

// Text in a sentence or a table cell, with what stands in backticks as code. Other punctuation with a meaning becomes an entity, which is
// never markup (CommonMark 0.31, 2.5); a zero-width space keeps @name from being a mention, which an entity would not.
export const markdownText = (value: string, maxChars = 600): string =>
  oneLine(value, maxChars)
    .split(/`([^`]+)`/)
    .map((part, index) => (index % 2 === 1 ? code(part) : escaped(part)))
    .join('')
    .replace(/^(?=[-+=#]|\d+[.)](?:\s|$))/, zeroWidth)

const escaped = (part: string): string =>
  part
    .replace(/[&<>|\\`*_~[\]$]|:(?=\/\/|[a-z+-][\w+-]*:)/gi, entity)
    .replaceAll('@', `@${zeroWidth}`)
    .replace(/(?<=www)\./gi, entity)

const zeroWidth = '\u200b'

const entity = (char: string): string => `&#${char.charCodeAt(0)};`

// A name or a command in one line. In a code span nothing but its end and, in a table, a bar has a meaning; where one of them occurs, or
// a backslash that could come before a bar, it is HTML instead.
export const code = (value: string, maxChars = 200): string => {
  const line = oneLine(value, maxChars)
  if (line === '') return ''
  return /[`|\\]/.test(line) ? htmlCode(line, maxChars) : `\`${line}\``
}

// The same where only HTML is read, as in the title of a folded part.
export const htmlCode = (value: string, maxChars = 200): string => `<code>${oneLine(value, maxChars).replace(marked, entity)}</code>`

export const html = (value: string, maxChars = 200): string =>
  oneLine(value, maxChars).replaceAll('@', `@${zeroWidth}`).replace(marked, entity)

const marked = /[&<>"'`|*_~$\\[\]]|@(?!\u200b)|:(?=\/\/|[a-z+-][\w+-]*:)|(?<=www)\./gi

// A block in a fence that its content cannot close.
export const fenced = (value: string, language = 'text'): string => {
  const content = visible(value).trimEnd()
  const longest = Math.max(2, ...(content.match(/`+/g) ?? []).map(({ length }) => length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${content}\n${fence}`
}

// Cells are Markdown already.
export const table = (header: readonly string[], rows: readonly (readonly string[])[], right: readonly number[] = []): string =>
  [header, header.map((_, column) => (right.includes(column) ? '---:' : ':---')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

// Folded away. The title is HTML; the blank lines let the body be Markdown.
export const folded = (title: string, body: string, open = false): string =>
  `<details${open ? ' open' : ''}><summary>${title}</summary>\n\n${body}\n\n</details>`

// A link to an address that was put together from parts that are not trusted. The label is Markdown.
export const link = (label: string, address: string): string =>
  `[${label}](<${encodeURI(address).replace(/[<>()[\]\\`|*_@]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)}>)`
