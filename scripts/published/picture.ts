// The picture in the README: the summary of a run, docs/pictures/summary.md, drawn as GitHub shows it, without what is folded and without the
// facts of the image.

const width = 880
const margin = 24
const colours = { text: '#1f2328', faint: '#59636e', line: '#d1d9e0', block: '#f6f8fa' }
const mono = 'ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace'

interface Drawn {
  readonly svg: string
  readonly height: number
}
type Draw = (y: number) => Drawn

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const unescaped = (text: string): string =>
  text.replace(/&#(\d+);|&nbsp;/g, (_, number?: string) => String.fromCodePoint(Number(number ?? 160)))

// Bold words, code and small print within a line.
const inline = (text: string): string =>
  text
    .split(/(\*\*.+?\*\*|<b>.+?<\/b>|`[^`]+`|<sub>.+?<\/sub>)/)
    .map((part) => {
      const [, bold] = /^(?:\*\*|<b>)(.+?)(?:\*\*|<\/b>)$/.exec(part) ?? []
      const [, code] = /^`(.+)`$/.exec(part) ?? []
      const [, small] = /^<sub>(.+)<\/sub>$/.exec(part) ?? []
      const shown = escaped(unescaped(bold ?? code ?? small ?? part))
      if (bold !== undefined) return `<tspan font-weight="600">${shown}</tspan>`
      if (code !== undefined) return `<tspan font-family="${mono}" font-size="12">${shown}</tspan>`
      return small === undefined ? shown : `<tspan font-size="11" fill="${colours.faint}">${shown}</tspan>`
    })
    .join('')

const textAt = (x: number, y: number, content: string, more = ''): string => `<text x="${x}" y="${y}"${more}>${content}</text>`

const heading = (text: string, level: number): Draw => {
  const size = level === 2 ? 21 : 16
  const rule = (y: number): string => `<path d="M${margin} ${y + 34}H${width - margin}" stroke="${colours.line}"/>`
  return (y) => ({
    svg: textAt(margin, y + 22, inline(text), ` font-size="${size}" font-weight="600"`) + (level === 2 ? rule(y) : ''),
    height: level === 2 ? 48 : 36,
  })
}

const paragraph =
  (text: string, indent = 0): Draw =>
  (y) => ({ svg: textAt(margin + indent, y + 15, inline(text)), height: 28 })

// A tab leads to the next of the columns that a terminal has, eight wide.
const expanded = (line: string): string =>
  line.split('\t').reduce((before, part) => before.padEnd((Math.floor(before.length / 8) + 1) * 8) + part)

const block =
  (lines: readonly string[]): Draw =>
  (y) => {
    const texts = lines.map((line, index) => textAt(margin + 14, y + 24 + index * 18, escaped(expanded(line)).replaceAll(' ', '\u00a0')))
    const height = lines.length * 18 + 22
    const back = `<rect x="${margin}" y="${y}" width="${width - 2 * margin}" height="${height}" rx="6" fill="${colours.block}"/>`
    return { svg: `${back}<g font-family="${mono}" font-size="12">${texts.join('')}</g>`, height: height + 12 }
  }

const cellsOf = (row: string): readonly string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

// About as wide as a browser sets it; code is wider.
const widthOf = (cell: string): number =>
  Math.max(...cell.split('<br>').map((line) => unescaped(line.replace(/<[^>]+>|`/g, '')).length * (line.startsWith('<sub>') ? 6 : 7.3)))

const table = (rows: readonly string[]): Draw => {
  const [head = [], , ...others] = rows.map(cellsOf)
  const all = [head, ...others]
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))) + 26)
  const lefts = widths.map((_, column) => margin + widths.slice(0, column).reduce((sum, one) => sum + one, 0))
  const right = margin + widths.reduce((sum, one) => sum + one, 0)
  return (start) => {
    let y = start
    const parts = all.flatMap((row, index) => {
      const height = row.some((cell) => cell.includes('<br>')) ? 44 : 28
      const texts = row.flatMap((cell, column) =>
        cell
          .split('<br>')
          .map((line, at) => textAt((lefts[column] ?? 0) + 13, y + 19 + at * 16, inline(line), index === 0 ? ' font-weight="600"' : '')),
      )
      y += height
      return [...texts, `<path d="M${margin} ${y}H${right}" stroke="${colours.line}"/>`]
    })
    const frame = `<path d="M${margin} ${start}H${right}V${y}H${margin}Z${lefts
      .slice(1)
      .map((x) => `M${x} ${start}V${y}`)
      .join('')}" fill="none" stroke="${colours.line}"/>`
    return { svg: parts.join('\n') + frame, height: y - start + 16 }
  }
}

// Folded parts are left out but for their line.
const drawings = (markdown: string): readonly Draw[] => {
  const [shown = ''] = markdown.split('\n### Image\n')
  const folded = shown.replace(/<details><summary>([^]*?)<\/summary>[^]*?<\/details>/g, (_, line: string) => `▸ ${line}`)
  const opened = folded.replace(/<details open><summary>([^]*?)<\/summary>/g, (_, line: string) => `▾ ${line}`).replaceAll('</details>', '')
  return opened.split(/\n{2,}/).flatMap((part): readonly Draw[] => {
    const lines = part.trim().split('\n')
    const [first = ''] = lines
    if (first === '') return []
    const [, hashes, title = ''] = /^(#+) (.*)$/.exec(first) ?? []
    if (hashes !== undefined) return [heading(title, hashes.length)]
    if (first.startsWith('```')) return [block(lines.slice(1, -1))]
    if (first.startsWith('|')) return [table(lines)]
    return lines.map((line) => paragraph(line))
  })
}

export const summaryPicture = (markdown: string): string => {
  let y = 20
  const parts = drawings(markdown).map((draw) => {
    const { svg, height } = draw(y)
    y += height
    return svg
  })
  const title = /^## (.*)$/m.exec(markdown)?.[1] ?? ''
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y + 8}" viewBox="0 0 ${width} ${y + 8}" role="img" font-family="-apple-system, Segoe UI, Noto Sans, Helvetica, Arial, sans-serif" font-size="14" fill="${colours.text}">
<title>The job summary of a run: ${escaped(title)}</title>
<rect x="0.5" y="0.5" width="${width - 1}" height="${y + 7}" rx="6" fill="#ffffff" stroke="${colours.line}"/>
${parts.join('\n')}
</svg>
`
}
