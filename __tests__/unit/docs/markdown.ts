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

const withoutCode = (file: string): string => {
  const blocks = fencedBlocks(file)
  const text = blocks.reduce((rest, block) => rest.replace(block.text, ''), readFileSync(file, 'utf8'))
  return text.replace(/`[^`\n]+`/g, '')
}

// Where links and pictures lead, without web addresses.
export const localLinks = (file: string): readonly string[] =>
  [...withoutCode(file).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '').filter((target) => !/^[a-z]+:/.test(target))

// The names that GitHub gives to headings.
export const anchors = (file: string): readonly string[] =>
  [...withoutCode(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  )
