import type { RunResult } from '../../results'

// results.json in pieces, since a run of ten thousand tests is too much for one string: an entry of the long lists on each line.
export function* resultsJson(result: RunResult): Generator<string> {
  let separator = '{\n'
  for (const [key, value] of Object.entries(result) as [string, unknown][]) {
    if (value === undefined) continue
    yield `${separator}  ${JSON.stringify(key)}: `
    separator = ',\n'
    if (Array.isArray(value)) yield* list(value)
    else yield indented(JSON.stringify(value, undefined, 2))
  }
  yield '\n}\n'
}

function* list(items: readonly unknown[]): Generator<string> {
  let separator = '[\n'
  for (const item of items) {
    yield `${separator}    ${JSON.stringify(item)}`
    separator = ',\n'
  }
  yield items.length === 0 ? '[]' : '\n  ]'
}

const indented = (json: string): string => json.replaceAll('\n', '\n  ')
