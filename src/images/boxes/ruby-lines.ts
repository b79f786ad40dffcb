// What of a Ruby file is program: not its comments, what follows __END__, and the texts of here documents, which often are scripts for the
// guest. Each line is looked at once; what looks like a here document and has no end is none.
export const rubyLines = (text: string): readonly string[] => {
  const lines = text.split(/\r?\n/)
  const lastAt = new Map(lines.map((line, index) => [line.trim(), index]))
  const program: string[] = []
  let awaited: readonly Ending[] = [] // of here documents, in the order in which they follow
  let passed = 0 // of those
  let comment = false
  for (const [index, line] of lines.entries()) {
    const next = awaited[passed]
    if (next !== undefined) {
      if ((next.indented ? line.trim() : line) === next.word) passed += 1
    } else if (comment) comment = !/^=end(?:\s|$)/.test(line)
    else if (/^=begin(?:\s|$)/.test(line)) comment = true
    else if (line === '__END__') break
    else if (!/^\s*(?:#|$)/.test(line)) {
      program.push(line)
      passed = 0
      awaited = endings(line).filter(({ word }) => (lastAt.get(word) ?? 0) > index)
    }
  }
  return program
}

interface Ending {
  readonly word: string
  readonly indented: boolean // may be
}

// <<EOS, <<-EOS, <<~'EOS'
const endings = (line: string): readonly Ending[] =>
  [...line.matchAll(/<<([~-]?)(["'`]?)([A-Za-z_]\w*)\2/g)].map(([, sign, , word = '']) => ({ word, indented: sign !== '' }))
