// The boots of one machine: the first, those after it rebooted itself, and those that tests asked for.
import { JobError, type Stage } from '../errors'
import type { ReachedStage } from '../guest/journal-findings'
import type { RebootRecord } from '../guest/reboots'
import type { Recorder } from './recorder'

export interface Boots {
  readonly stages: () => readonly ReachedStage[] // of the boot at hand
  readonly poweredOn: (atMs: number) => void
  readonly stage: (stage: Stage, atMs: number) => void
  readonly rebootedItself: (atMs: number) => void // in its first boot
  readonly rebootAsked: (count: number) => RebootRecord
  readonly ready: () => void
  readonly failed: (error: unknown) => void
}

export const recordBoots = (machine: string, attempt: number, recorder: Recorder): Boots => {
  const open = () => recorder.openBoot(machine, attempt, attempt === 1 ? 'first' : 'retry')
  let record = open()
  let stages: ReachedStage[] = []
  return {
    stages: () => stages,
    poweredOn: (atMs) => {
      record.poweredOn(atMs)
    },
    stage: (stage, atMs) => {
      stages.push({ stage, atMs })
      record.stage(stage, atMs)
      recorder.emit({ kind: 'stage', machine, stage, sinceStartMs: atMs - record.startedAtMs() })
    },
    rebootedItself: (atMs) => {
      // Firmware resets a machine too, before any system has started.
      if (!stages.some(({ stage }) => stage !== 'firmware' && stage !== 'bootloader')) return
      stages = []
      record.end('rebooted', 'the machine rebooted itself before it was ready')
      recorder.emit({ kind: 'note', text: `${machine} rebooted itself in its first boot; the wait goes on` })
      record = open()
      record.poweredOn(atMs)
    },
    rebootAsked: (count) => {
      stages = []
      return (record = recorder.openBoot(machine, count, 'reboot'))
    },
    ready: () => {
      record.end('ready')
    },
    failed: (error) => {
      record.end(error instanceof JobError ? error.outcome : 'infra-error', error instanceof Error ? error.message : String(error))
    },
  }
}
