import type { RunEvent } from '../../events'
import { theMachine, type Location, type TestResult } from '../../results'
import { liveBudget, type LiveChars } from './live-budget'
import type { GuestSource, Output } from '../stdout/output'
import type { Reporter } from '../reporter'
import { reportPaths } from '../folder/report-paths'
import { durationText, lastLines, measured, oneLine } from '../words/text'
import { look, why } from '../words/verdicts'

export interface LogOptions {
  readonly output: Output
  readonly live: boolean // guest output as it comes; else only what a failed test printed last
  readonly liveChars?: LiveChars
}

type Handlers = { readonly [Kind in RunEvent['kind']]: (event: Extract<RunEvent, { readonly kind: Kind }>) => void }

export const usualLiveChars: LiveChars = { perGroup: 256 * 1024, inAll: 32 * 1024 * 1024 }

// The log while the run goes: a group for each phase and each test, the stages of a boot, results as they come.
export const logReporter = ({ output, live, liveChars = usualLiveChars }: LogOptions): Required<Pick<Reporter, 'onEvent'>> => {
  const { colours } = output
  const budget = liveBudget(liveChars)
  let showConsole = true
  let open: string | undefined // the test whose group is open: one at a time, the output of others beside it goes to their files only

  const guest = (text: string, source: GuestSource, file: string): void => {
    const { shown, spent } = budget.take(text)
    if (shown !== '') output.guest(shown, source)
    if (!spent) return
    output.endGuest(source)
    output.line(colours.dim(`  … the rest is in the report, in ${file}`))
  }

  const handlers: Handlers = {
    phase: ({ phase, title }) => {
      showConsole = phase !== 'tests'
      budget.nextGroup()
      if (phase === 'tests') output.heading(oneLine(title))
      else output.group(oneLine(title)) // of the tests each is a group
    },
    waiting: ({ text, atMs }) => {
      output.waiting(oneLine(text), atMs)
    },
    note: ({ text }) => {
      output.line(`  ${oneLine(text, 1000)}`)
    },
    warning: ({ text }) => {
      output.line(colours.yellow(`! ${oneLine(text, 1000)}`))
    },
    stage: ({ machine, stage, sinceStartMs }) => {
      output.line(`${measured(sinceStartMs).padStart(9)}  ${stage}${ofMachine(machine)}`)
    },
    console: ({ machine, text }) => {
      if (live && showConsole) guest(`${text}\n`, consoleSource(machine), reportPaths.console(machine))
    },
    finding: ({ finding: { rule, severity, source, line, machine, ignored, block, summary } }) => {
      const what = summary === undefined ? '' : `: ${oneLine(summary)}`
      const heading = `! ${severity}: ${oneLine(rule)}${ofMachine(machine)}${what} (${source} line ${line})`
      output.line(ignored === undefined ? colours.yellow(heading) : colours.dim(`${heading} (ignored: ${oneLine(ignored)})`))
      output.guest(`${lastLines(block, { lines: 5, chars: 1000 })}\n`, consoleSource(machine))
    },
    'test-started': ({ id, name, test, number, of, atMs }) => {
      const title = `[${number}/${of}] ${oneLine(name)}`
      if (!live) output.waiting(title, atMs)
      if (!live || open !== undefined) return
      open = id
      showConsole = test === 'reboot' || test === 'wait'
      budget.nextGroup()
      output.group(title)
    },
    output: ({ id, stream, text }) => {
      if (live && open === id) guest(text, outputSource(id, stream), reportPaths.output(id, stream, 1))
    },
    'test-finished': ({ result }) => {
      if (open === result.id) {
        for (const stream of ['stdout', 'stderr'] as const) output.endGuest(outputSource(open, stream))
        output.endGroup()
        open = undefined
      }
      showConsole = false
      output.line(resultLine(result, output))
      if (!live && look(result) === 'bad') showTails(result, output)
    },
  }
  return {
    onEvent: (event) => {
      const handle = handlers[event.kind] as (event: RunEvent) => void
      handle(event)
    },
  }
}

const consoleSource = (machine: string): GuestSource => ({
  key: `console ${machine}`,
  gutter: machine === theMachine ? ' ┆ ' : ` ${machine} ┆ `,
})

const outputSource = (test: string, stream: 'stdout' | 'stderr'): GuestSource => ({
  key: `${stream} ${test}`,
  gutter: stream === 'stdout' ? ' │ ' : ' ┃ ',
})

const ofMachine = (machine: string): string => (machine === theMachine ? '' : ` (${oneLine(machine)})`)

const resultLine = (test: TestResult, { colours }: Output): string => {
  const { name, durationMs, location } = test
  const shade = look(test)
  const mark = { good: '✓', bad: '✗', warned: '!', quiet: '-' }[shade]
  const paint = { good: colours.green, bad: colours.red, warned: colours.yellow, quiet: colours.dim }[shade]
  return [
    paint(`${mark} ${oneLine(name)}`),
    oneLine(why(test), 500),
    shade === 'quiet' ? '' : colours.dim(durationText(durationMs)),
    shade === 'bad' || shade === 'warned' ? colours.dim(place(location)) : '',
  ]
    .filter((part) => part !== '')
    .join('  ')
}

const place = (location: Location | undefined): string => (location === undefined ? '' : `${oneLine(location.file)}:${location.line}`)

const showTails = ({ id, attempts }: TestResult, output: Output): void => {
  const last = attempts.at(-1)
  for (const stream of ['stdout', 'stderr'] as const) {
    const text = lastLines(last?.[stream].tail ?? '', { lines: 20, chars: 4000 })
    if (text !== '') output.guest(`${text}\n`, outputSource(id, stream))
  }
}
