// A checkout may hold anything in the place of the report: links, hard links, FIFOs, folders. What they lead to is not written.
import { execFileSync } from 'node:child_process'
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folderAt } from '../../../../src/host/files/folder'
import { redactor } from '../../../../src/lib/redaction/redact'
import { writeReports } from '../../../../src/report/reporters/files'
import { listReport } from '../../../../src/report/folder/report-dir'
import { reportFiles } from '../../../../src/report/folder/report-files'
import { failedRun } from '../../../support/results'

let root: string
let dir: string
let victim: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'links-'))
  dir = join(root, 'report')
  victim = join(root, 'gitconfig')
  mkdirSync(dir)
  writeFileSync(victim, 'mine\n')
})
afterEach(() => {
  rmSync(root, { recursive: true })
})

const writeAll = async (): Promise<void> => {
  const files = reportFiles(dir, redactor([]))
  files.consoleSink('machine')(Buffer.from('first\n'))
  files.consoleSink('machine')(Buffer.from('console\n'))
  files.journalSink('machine')(Buffer.from('journal\n'))
  await files.screenshot('machine', Buffer.from('PNG'))
  await files.qemuLog('machine', 'qemu\n')
  const capture = files.capture('x', 'stdout', 1)
  capture.push(Buffer.from('[core]\n'))
  expect(capture.end().file).toBe('outputs/x.stdout.txt')
  files.close()
  writeReports(failedRun(), dir)
}

const written = [
  'outputs/x.stdout.txt',
  ...['console.log', 'console-1.log', 'journal', 'screenshot.png', 'qemu.log'].map((name) => `machines/machine/${name}`),
  ...['junit.xml', 'summary.md', 'results.json'],
]

const traps = {
  'a link': (path: string) => {
    symlinkSync(victim, path)
  },
  'a link to nothing': (path: string) => {
    symlinkSync(join(root, 'made-by-us'), path)
  },
  'a hard link': (path: string) => {
    linkSync(victim, path)
  },
  'a FIFO': (path: string) => {
    execFileSync('mkfifo', [path])
  },
}

describe.each(Object.entries(traps))('%s in the place of', (_, lay) => {
  it.each(written)('%s is replaced by a file of ours', async (path) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true })
    lay(join(dir, path))
    await writeAll()
    expect(readFileSync(victim, 'utf8')).toBe('mine\n')
    expect(readdirSync(root).sort()).toEqual(['gitconfig', 'report'])
    expect(lstatSync(join(dir, path))).toMatchObject({ nlink: 1 })
    expect(lstatSync(join(dir, path)).isFile()).toBe(true)
    expect(listReport(dir).map((file) => file.path)).toEqual(written.filter((name) => name !== 'results.json').sort())
  })
})

it.each(['junit.xml', 'summary.md', 'results.json'])('writes the draft of %s under a name that nobody can prepare', async (name) => {
  symlinkSync(victim, join(dir, `${name}.tmp`))
  await writeAll()
  expect(readFileSync(victim, 'utf8')).toBe('mine\n')
  expect(readdirSync(dir).filter((entry) => entry.endsWith('.tmp'))).toEqual([`${name}.tmp`])
})

it.each(['outputs', 'machines', 'machines/machine'])('makes a folder of its own where a checkout has a link for %s', async (path) => {
  const elsewhere = join(root, 'elsewhere')
  mkdirSync(join(elsewhere, 'machine'), { recursive: true })
  writeFileSync(join(elsewhere, 'x.stdout.txt'), 'mine\n')
  mkdirSync(dirname(join(dir, path)), { recursive: true })
  symlinkSync(elsewhere, join(dir, path))
  await writeAll()
  expect(readdirSync(elsewhere, { recursive: true }).sort()).toEqual(['machine', 'x.stdout.txt'])
  expect(readFileSync(join(elsewhere, 'x.stdout.txt'), 'utf8')).toBe('mine\n')
  expect(lstatSync(join(dir, path)).isDirectory()).toBe(true)
})

it('writes nothing into a report folder that became a link', async () => {
  const elsewhere = join(root, 'elsewhere')
  renameSync(dir, elsewhere)
  symlinkSync(elsewhere, dir)
  await expect(writeAll()).rejects.toThrow()
  expect(() => {
    writeReports(failedRun(), dir)
  }).toThrow(dir)
  expect(readdirSync(elsewhere)).toEqual([])
})

it.each(['../up', '/etc/x', 'a//b', 'a/../../b', ''])('takes no path that could leave the folder: %j', (path) => {
  expect(() => folderAt(dir).create(path)).toThrow(RangeError)
})

it('names the file by its path when it cannot be written', () => {
  mkdirSync(join(dir, 'outputs/x'), { recursive: true })
  expect(() => folderAt(dir).create('outputs/x')).toThrow(join(dir, 'outputs/x'))
})
