// The lines of a Vagrantfile that count for one provider: those in its own blocks (`config.vm.provider :libvirt do |v|`), and those outside of
// such blocks.
export const linesFor = (provider: string, lines: readonly string[]): readonly string[] => {
  let depth = 0
  let foreign: number | undefined // depth outside of the block of another provider
  return lines.filter((line) => {
    const before = depth
    depth += nesting(line)
    const name = /\.vm\.provider[\s(]+:?["']?([\w-]+)/.exec(line.slice(0, 200))?.[1]
    // None of these blocks lies in another: where the count of the nesting went wrong, it begins anew.
    if (name !== undefined) foreign = name.toLowerCase() === provider ? undefined : before
    const counts = foreign === undefined
    if (foreign !== undefined && depth <= foreign) foreign = undefined
    return counts
  })
}

// By how much the lines that follow lie deeper.
const nesting = (written: string): number => {
  const line = written.replace(/"[^"]*"|'[^']*'/g, '""').replace(/#.*/, '')
  const count = (pattern: RegExp): number => [...line.matchAll(pattern)].length
  const loop = /^\s*(?:while|until|for)\b/.test(line)
  const begins = /^\s*(?:if|unless|case|begin|def|class|module)\b|=\s*(?:if|unless|case|begin)\b/.test(line)
  return (loop || begins ? 1 : 0) + (loop ? 0 : count(/\bdo\b/g)) + count(/\{/g) - count(/\}/g) - count(/(?<![.:\w])end\b(?![?!:])/g)
}
