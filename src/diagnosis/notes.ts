import { literalFinder } from '../lib/literals'
import { unitNames } from './sentences/unit-names'
import { bareMessage } from './same'

// What a console tells of a boot that goes on, and that is no finding.
export interface Notes {
  read(text: string, atMs: number): void
  restart(): void
  readonly lastUnit: string | undefined // that systemd was starting, or had started
  readonly waitsFor: string | undefined // a job of systemd's that ran when it was last heard of
  readonly cardDown: string | undefined // a network card that cloud-init's table shows without an address, when it shows no other one
  readonly work: Work | undefined
  readonly movedAtMs: number | undefined // when the boot last got on; a counter that runs is not getting on
}

// What may take longer than any limit and is no fault.
export interface Work {
  readonly what: string // completes "the image was …"
}

const words = literalFinder([
  ...['/start running', 'job is running', 'ci-info: |', 'elabel', 'Started ', 'Starting ', 'Finished ', 'Reached target', 'login: '],
  ...['rcu', 'blocked for more than', 'soft lockup', 'Reboot'],
])

const job = /A (?:start|stop) job is running for (.{1,160}?)(?: \(\d|\s*$)|\bJob (\S{1,200}?)\/(?:start|stop|restart|verify-active) running/
const unit = /^\[ {2}OK {2}\] (?:Started|Finished|Reached target) (.{1,120})|(?:^|login: ?) {9}Starting (.{1,120}?)\.{3}$/
const card = /ci-info: \| {1,40}(?!lo )([\w.@-]{1,15}) {1,40}\| {1,10}(True|False) /
const relabelling = /selinux-autorelabel|Relabeling could take|Relabelling|SELinux targeted policy relabel is required/
const idle = /rcu|blocked for more than|soft lockup|^\[[ *]{3,8}\]|login: $/

const maxOpen = 50

export const createNotes = (): Notes => {
  let lastUnit: string | undefined
  let open: string[] = [] // units that were started and have not ended
  let waitsFor: string | undefined
  let cardDown: string | undefined
  let cardUp = false
  let work: Work | undefined
  let movedAtMs: number | undefined
  const restart = (): void => {
    lastUnit = waitsFor = cardDown = work = movedAtMs = undefined
    cardUp = false
    open = []
  }
  return {
    restart,
    read(text, atMs) {
      if (text.trim() === '') return
      const found = words(text).length > 0
      const running = found ? job.exec(text) : undefined
      if (running) {
        waitsFor = unitNames(running[1] ?? running[2] ?? '')
        return
      }
      if (!found || !idle.test(text)) movedAtMs = atMs
      if (!found) return
      const told = unit.exec(bareMessage(text) === text ? text : text.trimEnd())
      lastUnit = told?.[1] ?? told?.[2] ?? lastUnit
      if (told?.[1] !== undefined) open = open.filter((one) => one !== told[1])
      if (told?.[2] !== undefined) open = [...open.slice(-maxOpen), told[2]]
      if (told?.[1] !== undefined || text.includes('login: ')) waitsFor = undefined
      if (relabelling.test(text)) work = { what: 'labelling its files for SELinux' }
      const [, name, up] = card.exec(text) ?? []
      if (up === 'True') cardUp = true
      if (up === 'False') cardDown ??= name
    },
    get lastUnit() {
      const last = open.at(-1) ?? lastUnit
      return last === undefined ? undefined : unitNames(last).replace(/\.$/, '')
    },
    get waitsFor() {
      return waitsFor
    },
    get cardDown() {
      return cardUp ? undefined : cardDown
    },
    get work() {
      return work
    },
    get movedAtMs() {
      return movedAtMs
    },
  }
}
