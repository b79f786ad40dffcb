import { lineSplitter } from '../lib/lines'
import { createDiagnosis, type Diagnosis, type DiagnosisOptions } from './diagnosis'

export interface ConsoleReader {
  readonly diagnosis: Diagnosis
  readonly feed: (chunk: Uint8Array, atMs: number) => void // atMs: from the start of the run
  readonly end: () => void
}

// A diagnosis that is fed with a console's bytes: whole lines, and what stands on the last one.
export const consoleReader = (
  options: Omit<DiagnosisOptions, 'source'>,
  onLine: (text: string) => void = () => undefined,
): ConsoleReader => {
  const diagnosis = createDiagnosis({ ...options, source: 'console' })
  let now = 0
  const lines = lineSplitter((line) => {
    diagnosis.push({ ...line, atMs: now })
    onLine(line.text)
  })
  return {
    diagnosis,
    feed: (chunk, atMs) => {
      now = atMs
      lines.push(chunk)
      diagnosis.prompt(lines.pending(), now)
    },
    end: () => {
      lines.end()
    },
  }
}
