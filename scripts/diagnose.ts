// npm run diagnose -- FILE [--accelerator kvm|tcg]: what a run would have told of a console.
// npm run diagnose -- --corpus [WORD…]: reads the corpus of the tests, tells what is wrong, and counts.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { heldOut, mistakes, readCase, readCorpus, tuned } from '../__tests__/unit/diagnosis/corpus'
import { readConsole } from '../src/commands/read-console'
import { renderReading } from '../src/commands/explain-text'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { corpus: { type: 'boolean', default: false }, accelerator: { type: 'string', default: 'kvm' } },
})
const print = (text: string): void => void process.stdout.write(`${text}\n`)

if (values.corpus) {
  const counts = new Map<string, { right: number; wrong: number }>()
  for (const one of readCorpus([...tuned, ...heldOut]).filter(({ name }) => positionals.every((word) => name.includes(word)))) {
    const reading = readCase(one)
    const wrong = mistakes(one, reading)
    const kind = dirname(one.name)
    const count = counts.get(kind) ?? { right: 0, wrong: 0 }
    counts.set(kind, count)
    count[wrong.length === 0 ? 'right' : 'wrong'] += 1
    if (wrong.length === 0) continue
    print(`✗ ${one.name}`)
    for (const what of wrong) print(`    ${what}`)
    print(`    > ${reading.sentence}\n    > ${reading.hint}`)
    if (positionals.length > 0) print(reading.excerpt.replace(/^/gm, '    | '))
  }
  print('| consoles | right | wrong |\n| :-- | --: | --: |')
  for (const [kind, { right, wrong }] of counts) print(`| ${kind} | ${right} | ${wrong} |`)
} else {
  const text = readFileSync(positionals[0] ?? 0, 'utf8')
  print(renderReading(readConsole(text, { accelerator: values.accelerator === 'tcg' ? 'tcg' : 'kvm' })))
}
process.exit()
