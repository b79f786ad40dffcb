// Reads the examples, links and tables of a Markdown file.
import { readFileSync } from 'node:fs'

export interface Block {
  readonly language: string
  readonly text: string
  readonly line: number // of its first line in the file
}

export const fencedBlocks = (file: string): readonly Block[] => {
  const blocks: Block[] = []
  let open: { readonly fence: string; readonly language: string; readonly line: number; readonly lines: string[] } | undefined
  for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [, fence = '', language = ''] = /^(`{3,})(.*)$/.exec(line) ?? []
    if (open === undefined) {
      if (fence !== '') open = { fence, language: language.trim(), line: index + 2, lines: [] }
    } else if (line === open.fence) {
      blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, line: open.line })
      open = undefined
    } else open.lines.push(line)
  }
  if (open !== undefined) throw new Error(`${file}:${open.line} is a block without an end`)
  return blocks
}

export const blocksIn = (file: string, language: RegExp): readonly Block[] =>
  fencedBlocks(file).filter((block) => language.test(block.language))

const withoutBlocks = (file: string): string =>
  fencedBlocks(file).reduce((rest, block) => rest.replace(block.text, () => ''), readFileSync(file, 'utf8'))

// Where links and pictures lead, without web addresses: [text](target), [name]: target, and those of HTML.
export const localLinks = (file: string): readonly string[] => {
  const text = withoutBlocks(file).replace(/`[^`\n]+`/g, '')
  return [/\]\(<?([^)\s>]+)>?(?: "[^"]*")?\)/g, /^\[[^\]\n]+\]: *(\S+)/gm, /<(?:a|img|source)\b[^>]*? (?:href|src|srcset)="([^"]+)"/g]
    .flatMap((form) => [...text.matchAll(form)])
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
}

// The names that GitHub gives to headings; those of the same words are numbered.
export const anchors = (file: string): readonly string[] => {
  const seen = new Map<string, number>()
  return [...withoutBlocks(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => {
    const name = heading
      .replace(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-')
    const before = seen.get(name) ?? 0
    seen.set(name, before + 1)
    return before === 0 ? name : `${name}-${before}`
  })
}

// Every table, line by line.
export const tables = (file: string): readonly (readonly string[])[] =>
  [...withoutBlocks(file).matchAll(/(?:^ *\|.*(?:\n|$))+/gm)].map(([table]) => table.trim().split('\n'))

// The rows of the table whose first column has this heading, cells without their blanks.
export const rowsOf = (file: string, heading: string): readonly (readonly string[])[] => {
  const [, , ...rows] = tables(file).find(([head = '']) => new RegExp(`^\\| ${heading} +\\|`).test(head)) ?? []
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}
