import { closeSync, constants, existsSync, lstatSync, openSync, readdirSync, readSync, realpathSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { JobError } from '../errors'
import { folderAt, type Folder } from '../lib/folder'
import { linkOnTheWay } from '../lib/links'
import { makeFolder } from '../lib/make-folder'
import type { ReportFile } from '../results'
import { draftEnd } from './atomic-file'
import { reportPaths } from './report-paths'

export interface ReportDirOptions {
  readonly fault?: 'config-error' | 'infra-error' // when it cannot be written: of the user who gave it, or of the host
  readonly checkout?: string // absolute; below it no link is followed, since a stranger may have put it there
}

// Makes the folder and leaves our mark in it. In one with the mark an earlier report is removed, and nothing that is not ours; one without
// that has something where the report goes is refused, as are folders that nobody wants a report spread over.
export const prepareReportDir = (given: string, { fault = 'config-error', checkout }: ReportDirOptions = {}): void => {
  const dir = resolve(given)
  try {
    refuseLinks(dir, checkout)
    makeFolder(dir)
    refusePlaces(dir)
    const folder = folderAt(dir)
    const marked = isMarked(dir)
    if (marked) removeReport(dir, folder)
    refuseTaken(dir, folder, marked)
    const fd = folder.create(mark)
    writeSync(fd, markText)
    closeSync(fd)
  } catch (error) {
    if (error instanceof JobError) throw error
    throw new JobError(fault, `the report folder ${dir} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
      hint:
        fault === 'config-error'
          ? 'Give another folder as report-dir.'
          : 'Check that RUNNER_TEMP is writable, or give a folder as report-dir.',
      cause: error,
    })
  }
}

const mark = '.image-test-report'
const markText = 'image-test writes its report into this folder: the next run replaces it.\n'

const refused = (dir: string, why: string, hint = 'Give a folder of its own as report-dir, such as image-test-report.'): JobError =>
  new JobError('config-error', `the report folder ${dir} ${why}`, { hint })

const refuseLinks = (dir: string, checkout: string | undefined): void => {
  const link = linkOnTheWay(dir, checkout)
  if (link === undefined) return
  throw refused(dir, link === dir ? 'is a link' : `lies behind the link ${link}`, 'Give the folder itself as report-dir.')
}

const refusePlaces = (dir: string): void => {
  const place = realpathSync(dir)
  if (dirname(place) === place) throw refused(dir, 'is the root of the file system')
  if (place === realOf(homedir())) throw refused(dir, 'is a home')
  if (lstatSync(join(place, '.git'), { throwIfNoEntry: false })) throw refused(dir, 'is the root of a checkout')
}

const realOf = (path: string): string | undefined => {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

const isMarked = (dir: string): boolean => {
  const path = join(dir, mark)
  if (!lstatSync(path, { throwIfNoEntry: false })?.isFile()) return false
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const text = Buffer.alloc(markText.length + 1)
    return text.toString('utf8', 0, readSync(fd, text)) === markText
  } finally {
    closeSync(fd)
  }
}

const { json, junit, summary, html, machines, outputs } = reportPaths
const files: readonly string[] = [junit, summary, html, json]
const folders: readonly string[] = [machines, outputs]

// A name of ours that something else has, which is not ours to remove.
const refuseTaken = (dir: string, folder: Folder, marked: boolean): void => {
  const stays = (name: string): boolean =>
    marked && (name === mark || (folders.includes(name) && folder.look(name)?.isDirectory() === true))
  const taken = [mark, ...files, ...folders].find((name) => folder.look(name) !== undefined && !stays(name))
  if (taken === undefined) return
  throw refused(
    dir,
    `has ${taken} already, which is not of an earlier report`,
    `Remove ${join(dir, taken)}, or give another folder as report-dir.`,
  )
}

const ofMachine = /^(?:console(?:-\d+)?\.log|journal|qemu\.log|screenshot\.png)$/
const ofTest = /\.(?:stdout|stderr)\.txt$/

const removeReport = (dir: string, folder: Folder): void => {
  const drafts = readdirSync(dir).filter((name) => files.includes(name.replace(draftEnd, '')))
  for (const name of new Set([...files, ...drafts])) if (folder.look(name)?.isDirectory() === false) folder.remove(name)
  for (const name of folders) if (folder.look(name)?.isSymbolicLink()) folder.remove(name)
  for (const { name } of folder.list(machines)) removeFrom(folder, `${machines}/${name}`, ofMachine)
  removeFrom(folder, outputs, ofTest)
  for (const path of [...folder.list(machines).map(({ name }) => `${machines}/${name}`), machines, outputs]) folder.removeEmpty(path)
}

const removeFrom = (folder: Folder, path: string, ours: RegExp): void => {
  for (const entry of folder.list(path)) if (ours.test(entry.name) && !entry.isDirectory()) folder.remove(`${path}/${entry.name}`)
}

// What lies in a report folder, results.json left out; nothing when it could not be made.
export const listReport = (dir: string): readonly ReportFile[] => {
  if (!existsSync(`${dir}/`) || lstatSync(resolve(dir)).isSymbolicLink()) return [] // with the slash only a folder counts
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ path: relative(dir, file), bytes: lstatSync(file, { throwIfNoEntry: false })?.size ?? 0 }))
    .filter(({ path }) => path !== json && path !== mark && !path.endsWith('.tmp'))
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
