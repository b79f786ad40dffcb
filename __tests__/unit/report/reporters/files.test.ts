import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { redactor } from '../../../../src/lib/redaction/redact'
import { fileReporter, writeReports } from '../../../../src/report/reporters/files'
import { listReport, prepareReportDir } from '../../../../src/report/folder/report-dir'
import { reportFiles } from '../../../../src/report/folder/report-files'
import { safeName } from '../../../../src/report/folder/report-paths'
import { smallDisk } from '../../../support/small-disk'
import { failedRun, run, test } from '../../../support/results'
import { assertValidResult } from '../../../support/valid-result'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'report-'))
})
afterEach(() => {
  rmSync(dir, { recursive: true })
})

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()

const results = () => assertValidResult(JSON.parse(readFileSync(join(dir, 'results.json'), 'utf8')))

it('writes the whole report, with the list of its files', () => {
  mkdirSync(join(dir, 'machines/machine'), { recursive: true })
  writeFileSync(join(dir, 'machines/machine/console.log'), 'boot\n')
  writeReports(failedRun(), dir)
  expect(readdirSync(dir).sort()).toEqual(['junit.xml', 'machines', 'results.json', 'summary.md'])
  expect(results().files.map(({ path, kind }) => [path, kind])).toEqual([
    ['junit.xml', 'junit'],
    ['machines/machine/console.log', 'console'],
    ['summary.md', 'summary'],
  ])
})

it('writes what it can when a part cannot be written, and says so', () => {
  mkdirSync(join(dir, 'junit.xml/in-the-way'), { recursive: true })
  expect(() => {
    writeReports(failedRun(), dir)
  }).toThrow('junit.xml')
  expect(existsSync(join(dir, 'summary.md'))).toBe(true)
  expect(results().outcome).toBe('failed')
  expect(readdirSync(dir).filter((name) => name.endsWith('.tmp'))).toEqual([])
})

describe('while the run goes', () => {
  const finished = { kind: 'test-finished', result: test('one'), atMs: 0 } as const

  it('writes what is known, seldom, with secrets replaced', () => {
    let nowMs = 0
    let asked = 0
    const partial = () => {
      asked += 1
      return run({ message: 'the password is hunter2' })
    }
    const reporter = fileReporter({ dir, partial, redactor: redactor(['hunter2']), clock: { now: () => nowMs } })
    for (; nowMs < 10_000; nowMs += 100) reporter.onEvent?.(finished)
    expect(asked).toBe(5)
    expect(results().message).toBe('the password is ***')
  })

  it('rests longer the longer a write takes', () => {
    let nowMs = 0
    let asked = 0
    const partial = () => {
      asked += 1
      nowMs += 1000
      return run()
    }
    const reporter = fileReporter({ dir, partial, clock: { now: () => nowMs } })
    for (; nowMs < 60_000; nowMs += 100) reporter.onEvent?.(finished)
    expect(asked).toBe(3)
  })
})

describe('the folder', () => {
  const refusal = (text: string) =>
    expect.objectContaining({ outcome: 'config-error', message: expect.stringContaining(text) as string }) as Error
  const prepare = (path: string) => () => {
    prepareReportDir(path, { checkouts: [dir] })
  }

  it('loses an earlier report of ours and nothing else', () => {
    const report = join(dir, 'report')
    prepareReportDir(report)
    writeReports(failedRun(), report)
    for (const path of ['outputs', 'machines/server', 'machines/other']) mkdirSync(join(report, path), { recursive: true })
    const ours = ['outputs/a.stdout.txt', 'outputs/a.2.stderr.txt', 'machines/server/console.log', 'machines/server/console-1.log']
    const theirs = ['mine.txt', 'results.json.tmp', 'outputs/notes.txt', 'machines/other/disk.raw']
    for (const path of [...ours, ...theirs, 'junit.xml.0123456789abcdef.tmp']) writeFileSync(join(report, path), '')
    prepareReportDir(report)
    expect(filesIn(report)).toEqual(['.image-test-report', 'machines/other/disk.raw', 'mine.txt', 'outputs/notes.txt', 'results.json.tmp'])
    expect(readdirSync(join(report, 'machines'))).toEqual(['other'])
  })

  it.each(['outputs', 'machines', 'results.json', 'junit.xml', 'summary.md'])(
    'is refused when %s in it is none of ours, and loses nothing',
    (name) => {
      mkdirSync(join(dir, name))
      writeFileSync(join(dir, name, 'mine.txt'), '')
      expect(prepare(dir)).toThrow(refusal(`has ${name} already`))
      expect(filesIn(dir)).toEqual([`${name}/mine.txt`])
    },
  )

  it('is refused when a checkout brings a link in the place of our mark', () => {
    writeFileSync(join(dir, 'target'), 'image-test writes its report into this folder: the next run replaces it.\n')
    mkdirSync(join(dir, 'report/outputs'), { recursive: true })
    symlinkSync('../target', join(dir, 'report/.image-test-report'))
    expect(prepare(join(dir, 'report'))).toThrow(refusal('already'))
  })

  it('is refused when it is the root of the file system, a home or the root of a checkout', () => {
    mkdirSync(join(dir, '.git'))
    expect(prepare('/')).toThrow(refusal('is the root of the file system'))
    expect(prepare(homedir())).toThrow(refusal('is a home'))
    expect(prepare(dir)).toThrow(refusal('is the root of a checkout'))
    expect(filesIn(dir)).toEqual([])
  })

  it('is refused when it is a link, or lies behind one of the checkout', () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'))
    try {
      symlinkSync(outside, join(dir, 'link'))
      expect(prepare(join(dir, 'link'))).toThrow(refusal('is a link'))
      expect(prepare(join(dir, 'link/'))).toThrow(refusal('is a link'))
      expect(prepare(join(dir, 'link/deeper/report'))).toThrow(refusal('behind the link'))
      expect(readdirSync(outside)).toEqual([])
    } finally {
      rmSync(outside, { recursive: true })
    }
  })

  it.each(['config-error', 'infra-error'] as const)('that cannot be written is %s, by who chose it', (outcome) => {
    expect(() => {
      prepareReportDir('/dev/null/report', { fault: outcome })
    }).toThrow(expect.objectContaining({ outcome, message: expect.stringContaining('/dev/null/report') as string }) as Error)
  })

  it('lists none of the files that somebody else has in it', () => {
    const report = join(dir, 'report')
    prepareReportDir(report)
    for (const path of ['outputs', 'machines/server/deep', 'node_modules/x']) mkdirSync(join(report, path), { recursive: true })
    const ours = ['machines/server/console-1.log', 'machines/server/journal', 'outputs/a.stdout.txt', 'summary.md']
    const theirs = ['mine.txt', 'outputs/notes.txt', 'machines/server/disk.raw', 'machines/server/deep/console.log', 'node_modules/x/y.js']
    for (const path of [...ours, ...theirs]) writeFileSync(join(report, path), 'x')
    expect(listReport(report).map(({ path, kind }) => [path, kind])).toEqual([
      ['machines/server/console-1.log', 'console'],
      ['machines/server/journal', 'journal'],
      ['outputs/a.stdout.txt', 'output'],
      ['summary.md', 'summary'],
    ])
  })

  it('is refused behind a link of any checkout that we are in, whichever name it is given by', () => {
    const workspace = join(dir, 'workspace')
    for (const made of ['workspace/below', 'elsewhere']) mkdirSync(join(dir, made), { recursive: true })
    symlinkSync('../elsewhere', join(workspace, 'out'))
    symlinkSync(workspace, join(dir, 'by-link'))
    const refused = (path: string, checkouts: readonly string[]): void => {
      expect(() => {
        prepareReportDir(path, { checkouts })
      }).toThrow(refusal('lies behind the link'))
    }
    refused(join(workspace, 'out/report'), [join(workspace, 'below'), workspace])
    refused(join(realpathSync(workspace), 'out/report'), [join(dir, 'by-link')])
    expect(readdirSync(join(dir, 'elsewhere'))).toEqual([])
  })

  it('is of nobody while its mark cannot be written, and the host is to blame for a full disk', async (context) => {
    await using disk = await smallDisk(64 * 1024)
    if (disk === undefined) return context.skip('no user may mount a small disk here')
    const filling = join(disk.path, 'filling')
    expect(() => {
      writeFileSync(filling, Buffer.alloc(128 * 1024))
    }).toThrow('ENOSPC')
    const report = join(disk.path, 'report')
    mkdirSync(report.replace(/^\/proc\/\d+\/root/, '')) // where realpath takes it to be
    expect(prepare(report)).toThrow(
      expect.objectContaining({ outcome: 'infra-error', message: expect.stringContaining('full') as string }) as Error,
    )
    expect(readdirSync(report)).toEqual([])
    rmSync(filling)
    expect(prepare(report)).not.toThrow()
  })

  it('holds nothing where there is none, or a file in its place', () => {
    expect(listReport('/dev/null/report')).toEqual([])
    expect(listReport('/dev/null')).toEqual([])
  })
})

describe('guest bytes', () => {
  it('go to files of their own, secrets replaced', async () => {
    const files = reportFiles(dir, redactor(['hunter2']))
    files.consoleSink('machine')(Buffer.from('first boot hunter2\n'))
    const console = files.consoleSink('machine')
    console(Buffer.from('second boot hunt'))
    console(Buffer.from('er2\nlogin: hunt'))
    await files.screenshot('machine', Buffer.from('PNG'))
    await files.qemuLog('machine', 'qemu -secret hunter2')
    files.journalSink('machine')(Buffer.from('[ 1.0] boot one\n'))
    files.journalSink('machine')(Buffer.from('[ 1.0] boot two hunter2\n'))
    const capture = files.capture('one', 'stdout', 2)
    capture.push(Buffer.from('out'))
    expect(capture.end().file).toBe('outputs/one.2.stdout.txt')
    files.close()
    expect(files.list().map(({ path, kind, bytes }) => [path, kind, bytes])).toEqual([
      ['machines/machine/console-1.log', 'console', 15],
      ['machines/machine/console.log', 'console', 27],
      ['machines/machine/journal', 'journal', 36],
      ['machines/machine/qemu.log', 'qemu-log', 16],
      ['machines/machine/screenshot.png', 'screenshot', 3],
      ['outputs/one.2.stdout.txt', 'output', 3],
    ])
    expect(readFileSync(join(dir, 'machines/machine/console.log'), 'utf8')).toBe('second boot ***\nlogin: hunt')
    expect(listReport(dir)).toHaveLength(6)
  })

  it('do not end a run when there is no room for them', async () => {
    const files = reportFiles('/dev/null/report', redactor([]))
    await files.screenshot('machine', Buffer.from('PNG'))
    await files.qemuLog('machine', 'qemu')
    files.journalSink('machine')(Buffer.from('a line\n'))
    files.close()
    expect(files.list()).toEqual([])
  })

  it.each([
    ['../../etc/passwd', 'etc-passwd'],
    ['.hidden', 'hidden'],
    ['a"b:c<d>e|f*g?h\r\ni', 'a-b-c-d-e-f-g-h-i'],
    ['', 'unnamed'],
    ['..', 'unnamed'],
    ['ünï', '-n-'.replace(/^-/, '')],
    ['x'.repeat(500), 'x'.repeat(120)],
  ])('get a name that every reader takes: %j', (name, safe) => {
    expect(safeName(name)).toBe(safe)
  })
})
