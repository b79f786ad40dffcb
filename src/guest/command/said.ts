import { stripControls } from '../../lib/terminal'

// What a program of the guest says of itself, for a sentence of ours: the last of it, bounded.
const keptBytes = 4096
const lineChars = 200

export const said = () => {
  let kept: Buffer = Buffer.alloc(0)
  const lines = (): readonly string[] =>
    kept
      .toString()
      .split(/[\r\n]+/)
      .map(plain)
      .filter((line) => line !== '')
  return {
    push: (chunk: Uint8Array): void => {
      kept = Buffer.concat([kept, chunk.subarray(-keptBytes)]).subarray(-keptBytes)
    },
    lines,
    last: (): string => lines().at(-1) ?? '',
  }
}

// Words of the guest on one line of ours.
export const plain = (words: string): string => {
  const text = stripControls(words).replace(/\s+/g, ' ').trim()
  return text.length > lineChars ? `${text.slice(0, lineChars)}…` : text
}
