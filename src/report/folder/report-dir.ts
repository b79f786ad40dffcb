import { closeSync, constants, lstatSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { JobError, toJobError } from '../../errors'
import { codeOf } from '../../lib/error-code'
import { folderAt, type Folder } from '../../host/files/folder'
import { homeOf } from '../../host/home'
import { linkOnTheWay } from '../../host/files/links'
import { makeFolder } from '../../host/files/make-folder'
import type { ReportFile } from '../../results'
import { draftEnd, writeAtomic } from './atomic-file'
import { reportPaths } from './report-paths'

export interface ReportDirOptions {
  readonly fault?: 'config-error' | 'infra-error' // when it cannot be written: of the user who gave it, or of the host
  readonly checkouts?: readonly string[] // absolute; below them no link is followed, since a stranger may have put it there
}

// Makes the folder and leaves our mark in it. In one with the mark an earlier report is removed, and nothing that is not ours; one without
// that has something where the report goes is refused, as are folders that nobody wants a report spread over.
export const prepareReportDir = (given: string, { fault = 'config-error', checkouts = [] }: ReportDirOptions = {}): void => {
  const dir = resolve(given)
  try {
    refuseLinks(dir, checkouts)
    makeFolder(dir)
    refusePlaces(dir)
    const folder = folderAt(dir)
    const marked = isMarked(dir)
    if (marked) removeReport(dir, folder)
    refuseTaken(dir, folder, marked)
    if (!marked) writeAtomic(dir, mark, [markText])
  } catch (error) {
    if (error instanceof JobError) throw error
    if (['ENOSPC', 'EDQUOT'].includes(codeOf(error))) throw toJobError(error)
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

const refuseLinks = (dir: string, checkouts: readonly string[]): void => {
  const link = linkOnTheWay(dir, checkouts)
  if (link === undefined) return
  throw refused(dir, link === dir ? 'is a link' : `lies behind the link ${link}`, 'Give the folder itself as report-dir.')
}

const refusePlaces = (dir: string): void => {
  const place = realpathSync(dir)
  if (dirname(place) === place) throw refused(dir, 'is the root of the file system')
  const home = homeOf(process.env)
  if (home !== undefined && place === realOf(home)) throw refused(dir, 'is a home')
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
  const drafts = readdirSync(dir).filter((name) => draftEnd.test(name) && [...files, mark].includes(name.replace(draftEnd, '')))
  for (const name of new Set([...files, ...drafts])) if (folder.look(name)?.isDirectory() === false) folder.remove(name)
  for (const name of folders) if (folder.look(name)?.isSymbolicLink()) folder.remove(name)
  for (const { name } of folder.list(machines)) removeFrom(folder, `${machines}/${name}`, ofMachine)
  removeFrom(folder, outputs, ofTest)
  for (const path of [...folder.list(machines).map(({ name }) => `${machines}/${name}`), machines, outputs]) folder.removeEmpty(path)
}

const removeFrom = (folder: Folder, path: string, ours: RegExp): void => {
  for (const entry of folder.list(path)) if (ours.test(entry.name) && !entry.isDirectory()) folder.remove(`${path}/${entry.name}`)
}

// What lies of ours in a report folder, results.json left out, and nothing that somebody else has there; nothing when it could not be made.
export const listReport = (dir: string): readonly ReportFile[] => {
  const folder = folderAt(dir)
  const below = (path: string): readonly string[] => folder.list(path).map(({ name }) => `${path}/${name}`)
  return [...files, ...below(machines).flatMap(below), ...below(outputs)]
    .flatMap((path): readonly ReportFile[] => {
      const kind = path === json ? undefined : kindOf(path)
      const stats = kind === undefined ? undefined : folder.look(path)
      return kind !== undefined && stats?.isFile() === true ? [{ path, kind, bytes: stats.size }] : []
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

const kinds: readonly (readonly [RegExp, ReportFile['kind']])[] = [
  [/^junit\.xml$/, 'junit'],
  [/^summary\.md$/, 'summary'],
  [/^report\.html$/, 'html'],
  [/^outputs\/.*\.(?:stdout|stderr)\.txt$/, 'output'],
  [/^machines\/[^/]+\/console(?:-\d+)?\.log$/, 'console'],
  [/^machines\/[^/]+\/qemu\.log$/, 'qemu-log'],
  [/^machines\/[^/]+\/screenshot\.png$/, 'screenshot'],
  [/^machines\/[^/]+\/journal$/, 'journal'],
]

const kindOf = (path: string): ReportFile['kind'] | undefined => kinds.find(([name]) => name.test(path))?.[1]
