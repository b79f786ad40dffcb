import { closeSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { captureOutput, type Capture } from '../../host/files/capture'
import { folderAt } from '../../host/files/folder'
import type { Redactor } from '../../lib/redaction/redact'
import type { ReportFile } from '../../results'
import { listReport } from './report-dir'
import { reportPaths } from './report-paths'

// The files that guest bytes go to while a run goes, secrets replaced, each bounded.
export interface ReportFiles {
  capture(test: string, stream: 'stdout' | 'stderr', attempt: number): Capture
  consoleSink(machine: string): (chunk: Uint8Array) => void // of one boot; the newest is machines/NAME/console.log
  journalSink(machine: string): (chunk: Uint8Array) => void // of all boots, one after the other
  screenshot(machine: string, png: Uint8Array): Promise<void>
  qemuLog(machine: string, text: string): Promise<void>
  list(): readonly ReportFile[]
  readonly close: () => void // what consoles and journals still hold back
}

// What the result keeps of each output in memory: less when thousands of tests have printed much; their files have it all.
const tailBytes = 16 * 1024
const shortTailBytes = 2 * 1024
const plentyBytes = 32 * 1024 * 1024

export const reportFiles = (dir: string, redactor: Redactor): ReportFiles => {
  const folder = folderAt(dir)
  const consoles = new Map<string, Capture>()
  const journals = new Map<string, Capture>()
  const boots = new Map<string, number>()
  let tails = 0 // characters of all tails so far
  // An aid to the reader: a full disk, which it may be there to explain, must not take the verdict's place.
  const write = (path: string, content: string | Uint8Array): Promise<void> => {
    try {
      const fd = folder.create(path)
      try {
        writeFileSync(fd, content)
      } catch {
        folder.remove(path)
      } finally {
        closeSync(fd)
      }
    } catch {
      // a folder that cannot be made, or is gone
    }
    return Promise.resolve()
  }
  const keepEarlier = (file: string, as: string): void => {
    try {
      if (folder.look(file)) folder.move(file, basename(as))
    } catch {
      // it is written over
    }
  }
  return {
    capture: (test, stream, attempt) => {
      const file = reportPaths.output(test, stream, attempt)
      const { push, end } = captureOutput({ redactor, reportDir: dir, file, tailBytes: tails < plentyBytes ? tailBytes : shortTailBytes })
      return {
        push,
        end: (show) => {
          const captured = end(show)
          tails += captured.tail.length
          return captured
        },
      }
    },
    consoleSink: (machine) => {
      consoles.get(machine)?.end()
      const boot = boots.get(machine) ?? 0
      boots.set(machine, boot + 1)
      const file = reportPaths.console(machine)
      if (boot > 0) keepEarlier(file, reportPaths.console(machine, boot))
      const capture = captureOutput({ redactor, reportDir: dir, file, tailBytes: 0 })
      consoles.set(machine, capture)
      return (chunk) => {
        capture.push(chunk)
      }
    },
    journalSink: (machine) => {
      const capture = journals.get(machine) ?? captureOutput({ redactor, reportDir: dir, file: reportPaths.journal(machine), tailBytes: 0 })
      journals.set(machine, capture)
      return (chunk) => {
        capture.push(chunk)
      }
    },
    screenshot: (machine, png) => write(reportPaths.screenshot(machine), png),
    qemuLog: (machine, text) => write(reportPaths.qemuLog(machine), redactor.text(text)),
    list: () => listReport(dir),
    close: () => {
      for (const capture of [...consoles.values(), ...journals.values()]) capture.end()
      consoles.clear()
      journals.clear()
    },
  }
}
