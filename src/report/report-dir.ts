import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { JobError } from '../errors'
import { makeFolder } from '../lib/folder'
import type { ReportFile } from '../results'
import { reportPaths } from './report-paths'

// Makes the folder, and takes an earlier report of ours out of it; other files there are left alone. When it cannot be written that is the
// user's fault who gave it, or else the host's.
export const prepareReportDir = (dir: string, fault: 'config-error' | 'infra-error' = 'config-error'): void => {
  try {
    makeFolder(dir)
    if (!existsSync(join(dir, reportPaths.json))) return
    const { json, junit, summary, html, machines, outputs } = reportPaths
    for (const name of [machines, outputs, junit, summary, html, json]) rmSync(join(dir, name), { recursive: true, force: true })
  } catch (error) {
    throw new JobError(fault, `the report folder ${dir} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
      hint:
        fault === 'config-error'
          ? 'Give another folder as report-dir.'
          : 'Check that RUNNER_TEMP is writable, or give a folder as report-dir.',
      cause: error,
    })
  }
}

// What lies in a report folder, results.json left out; nothing when it could not be made.
export const listReport = (dir: string): readonly ReportFile[] => {
  if (!existsSync(`${dir}/`)) return [] // with the slash only a folder counts
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .map((file) => ({ path: file.slice(dir.length).replace(/^\/+/, ''), bytes: statSync(file, { throwIfNoEntry: false })?.size ?? 0 }))
    .filter(({ path }) => path !== reportPaths.json && !path.endsWith('.tmp'))
    .map(({ path, bytes }) => ({ path, kind: kindOf(path), bytes }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

const kindOf = (path: string): ReportFile['kind'] => {
  if (path === reportPaths.junit) return 'junit'
  if (path === reportPaths.summary) return 'summary'
  if (path === reportPaths.html) return 'html'
  if (path.startsWith(`${reportPaths.outputs}/`)) return 'output'
  const machine = /^machines\/[^/]+\/(?:(console)(?:-\d+)?\.log|(qemu)\.log|(screenshot)\.png|(journal).*)$/.exec(path)
  if (machine?.[1]) return 'console'
  if (machine?.[2]) return 'qemu-log'
  if (machine?.[3]) return 'screenshot'
  if (machine?.[4]) return 'journal'
  return 'download'
}
