// Reads the corpus: consoles of systems that did not come up and of some that did, each with what is to be told of it before its text.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SshView } from '../../../src/diagnosis'
import { readConsole, type ConsoleReading } from '../../../src/commands/read-console'

export interface Case {
  readonly name: string
  readonly healthy: boolean
  readonly expected: Readonly<Record<string, string>>
  readonly text: string
}

const folder = join(import.meta.dirname, 'corpus')

export const tuned = ['failed', 'healthy'] as const
// Written without a look at the rules, which were not mended by them when their first score was taken.
export const heldOut = ['held-out/failed', 'held-out/healthy'] as const

export const readCorpus = (kinds: readonly string[] = tuned): readonly Case[] =>
  kinds.flatMap((kind) =>
    (existsSync(join(folder, kind)) ? readdirSync(join(folder, kind)) : [])
      .filter((name) => name.endsWith('.txt'))
      .sort()
      .map((name) => toCase(`${kind}/${name.replace(/\.txt$/, '')}`, readFileSync(join(folder, kind, name), 'utf8'))),
  )

const toCase = (name: string, file: string): Case => {
  const [, head = '', text = ''] = /^([^]*?)^---\n([^]*)$/m.exec(file) ?? []
  const expected = Object.fromEntries(
    head
      .split('\n')
      .filter((line) => line.includes(':'))
      .map((line) => [
        line.slice(0, line.indexOf(':')).trim(),
        line
          .slice(line.indexOf(':') + 1)
          .replace(/ {2,}#.*/, '')
          .trim(),
      ]),
  )
  return { name, healthy: name.split('/').at(-2) === 'healthy', expected, text: text.replaceAll(/\r?\n/g, '\r\n') }
}

const none: SshView = { refused: 0, silent: 0, banners: 0, loginsRefused: [], hostKeyMismatches: 0, last: undefined, users: ['fedora'] }
const views: Readonly<Record<string, SshView>> = {
  refused: { ...none, refused: 80 },
  silent: { ...none, silent: 80 },
  banner: { ...none, banners: 5, last: 'the handshake took too long' },
  'login-refused': { ...none, banners: 20, loginsRefused: ['fedora'] },
}

export const readCase = ({ healthy, expected, text }: Case): ConsoleReading =>
  readConsole(text, {
    accelerator: expected['accelerator'] === 'tcg' ? 'tcg' : 'kvm',
    moving: expected['moving'] === 'yes',
    ...(healthy ? {} : { ssh: views[expected['ssh'] ?? 'silent'] ?? none }),
  })

const words = (list: string | undefined): readonly string[] =>
  (list ?? '')
    .split('|')
    .map((word) => word.trim())
    .filter(Boolean)
const holds = (text: string, word: string): boolean => text.toLowerCase().includes(word.toLowerCase())

// What is told otherwise than it should be, in words; nothing of a case that is right.
export const mistakes = ({ healthy, expected }: Case, reading: ConsoleReading): readonly string[] => {
  const { findings, sentence, hint, excerpt, stage, verdict, ended } = reading
  const wrong: string[] = []
  const want = (right: boolean, what: string): void => {
    if (!right) wrong.push(what)
  }
  const bad = findings.filter(({ severity, hostCaused }) => severity === 'fatal' || severity === 'error' || hostCaused === true)
  const told = bad.map(({ rule, severity }) => `${rule} (${severity})`).join(', ')
  if (expected['stage'] !== undefined && expected['stage'] !== 'ready')
    want(stage === expected['stage'], `stage ${stage}, not ${expected['stage']}`)
  if (healthy) {
    const did = words(expected['errors'])
    const more = bad.filter(({ severity, gating, block }) => severity !== 'error' || gating || !did.some((word) => holds(block, word)))
    want(more.length === 0, `a healthy console has findings: ${more.map(({ rule, severity }) => `${rule} (${severity})`).join(', ')}`)
    want(ended === 'deadline', 'a healthy boot is ended')
    want(reading.healthy, `not healthy: ${sentence}`)
    return wrong
  }
  want(
    expected['ends'] === undefined || (ended === 'deadline') === (expected['ends'] === 'deadline'),
    ended === 'deadline' ? 'waits for the deadline' : `ends at once by ${ended.rule}`,
  )
  want(verdict === expected['verdict'], `verdict ${verdict ?? 'none'}, not ${expected['verdict'] ?? ''}`)
  if (expected['severity'] !== undefined)
    want(
      expected['severity'] === 'none'
        ? bad.length === 0
        : findings.some(({ severity }) => severity === expected['severity']) || (verdict === 'infra-error' && bad.length > 0),
      `severity ${expected['severity']} among ${told === '' ? 'none' : told}`,
    )
  for (const word of words(expected['says'])) want(holds(sentence, word), `the sentence lacks “${word}”`)
  for (const word of words(expected['never'])) want(!holds(sentence, word) && !holds(hint, word), `says “${word}”`)
  for (const word of words(expected['hint'])) want(holds(hint, word), `the hint lacks “${word}”`)
  for (const word of words(expected['excerpt'])) want(holds(excerpt, word), `the excerpt lacks “${word}”`)
  if (expected['findings'] !== undefined) want(bad.length <= Number(expected['findings']), `${bad.length} findings: ${told}`)
  return wrong
}
