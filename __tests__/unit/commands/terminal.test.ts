// What the terminal command answers, and with which exit code, as far as no image is booted.
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const viteNode = resolve('node_modules/.bin/vite-node')
const home = (): string => mkdtempSync(join(tmpdir(), 'terminal-'))
const environment = (folder: string, more = {}) => ({ PATH: process.env['PATH'] ?? '', HOME: folder, NO_COLOR: '1', ...more })

interface Answer {
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

const program = (file: string, words: readonly string[], env: Record<string, string>): Promise<Answer> =>
  new Promise((tell) => {
    const child = execFile(viteNode, [file, '--', ...words], { env }, (error, stdout, stderr) => {
      tell({ code: error?.code ?? 0, stdout, stderr })
    })
    child.stdin?.end()
  })
const command = (words: readonly string[], folder = home()): Promise<Answer> => program('src/cli.ts', words, environment(folder))

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly version: string }
describe('image-test', () => {
  it('tells its version and its help, which is 0', async () => {
    const [told, overview] = await Promise.all([command(['--version']), command([])])
    expect(told).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
    expect(overview).toEqual({ code: 0, stdout: `${readFileSync('__tests__/unit/commands/help/overview.txt', 'utf8')}\n`, stderr: '' })
  })

  it('says what is wrong with its arguments, which is 2', async () => {
    expect(await command(['resolve', '--nam'])).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        'image-test: 2 problems in the configuration',
        'unknown option `--nam`',
        'image-test resolve needs the name of an image, such as fedora:44',
        'Nothing was fetched or booted. Correct what is named here and run again; docs/reference.md of image-test lists every input and every key of the job file.',
        '',
      ].join('\n'),
    })
  })

  it('explains a console, which is 0 whatever that tells, and 2 without one', async () => {
    const folder = home()
    writeFileSync(join(folder, 'console.log'), 'Kernel panic - not syncing: VFS\n')
    const [told, missing] = await Promise.all([
      command(['explain', join(folder, 'console.log')]),
      command(['explain', '/nowhere/console.log']),
    ])
    expect(told).toMatchObject({ code: 0, stdout: expect.stringMatching(/^boot-failed: /) as string, stderr: '' })
    expect(missing).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'image-test: `/nowhere/console.log` does not exist\nName the console.log of a report (machines/machine/console.log in its folder), or - for standard input.\n',
    })
  })

  it('resolves what there is, which is 0, and tells what there is not by its verdict', async () => {
    const folder = home()
    writeFileSync(join(folder, 'disk.raw'), 'x')
    const [there, missing] = await Promise.all([
      command(['resolve', join(folder, 'disk.raw'), '--json'], folder),
      command(['resolve', join(folder, 'none.raw')], folder),
    ])
    expect(there.code).toBe(0)
    expect(JSON.parse(there.stdout)).toMatchObject({ verified: 'none' })
    expect(missing).toMatchObject({ code: 3, stdout: '', stderr: expect.stringMatching(/^image-test: .*none\.raw/) as string })
  })

  it('cleans what there is, which is 0', async () => {
    const folder = home()
    const images = join(folder, '.cache/image-test/images')
    expect(await command(['clean', '--cache'], folder)).toEqual({
      code: 0,
      stdout: `nothing to clean\n${images}: 0 images removed\n`,
      stderr: '',
    })
  })

  it('examines the host, which is 5 where no job can run', async () => {
    const folder = home()
    writeFileSync(join(folder, 'file'), '')
    const [able, unable] = await Promise.all([
      command(['doctor', '--json'], folder),
      program('src/cli.ts', ['doctor'], environment(folder, { XDG_CACHE_HOME: join(folder, 'file') })),
    ])
    const { ready } = JSON.parse(able.stdout) as { readonly ready: boolean }
    expect(able.code).toBe(ready ? 0 : 5)
    expect(unable).toMatchObject({ code: 5, stdout: expect.stringContaining('This host cannot run jobs: see ✗ above.\n') as string })
  })

  it('runs a job, which tells its verdict by the exit code; with --json the result alone is on stdout', async () => {
    const folder = home()
    const report = ['--report-dir', join(folder, 'report')]
    const [wrong, missing] = await Promise.all([
      command(['run', '--image', 'x.raw', '--run', '', ...report], folder),
      command(['run', '--image', join(folder, 'none.raw'), '--run', 'true', '--json', '--report-dir', join(folder, 'other')], folder),
    ])
    expect(wrong).toMatchObject({
      code: 2,
      stderr: '',
      stdout: expect.stringContaining('Configuration error: no tests are given') as string,
    })
    expect(missing).toMatchObject({ code: 3, stderr: expect.stringContaining('none.raw') as string })
    expect(JSON.parse(missing.stdout)).toMatchObject({ outcome: 'image-error' })
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends by %s with 128 and its number', async (name, code) => {
    const folder = home()
    const server = spawn(process.execPath, [
      '-e',
      "require('net').createServer(() => console.log('asked')).listen(0, function () { console.log(this.address().port) })",
    ])
    const first = await new Promise<string>((tell) =>
      server.stdout.once('data', (bytes: Buffer) => {
        tell(bytes.toString())
      }),
    )
    const asked = new Promise((tell) => server.stdout.once('data', tell))
    const child = spawn(
      process.execPath,
      [viteNode, 'src/cli.ts', '--', 'resolve', `http://127.0.0.1:${first.trim()}/disk.raw`, '--verify=auto'],
      {
        env: environment(folder),
        stdio: 'ignore',
      },
    )
    const ended = new Promise<number | null>((tell) => child.once('exit', tell))
    await asked
    child.kill(name)
    expect(await ended).toBe(code)
    server.kill('SIGKILL')
  })
})

describe('the action', () => {
  const action = async (words: readonly string[], inputs: Record<string, string>, state: Record<string, string> = {}) => {
    const folder = home()
    const files = Object.fromEntries(['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_STEP_SUMMARY'].map((name) => [name, join(folder, name)]))
    for (const file of Object.values(files)) writeFileSync(file, '')
    mkdirSync(join(folder, 'workspace'))
    const given = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]))
    const runner = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: join(folder, 'workspace'), RUNNER_TEMP: join(folder, 'temp') }
    const answer = await program('src/main.ts', words, environment(folder, { ...runner, ...files, ...given, ...state }))
    const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
    return { ...answer, outputs: text('GITHUB_OUTPUT'), state: text('GITHUB_STATE') }
  }

  it('is 1 for whatever is not passed, and tells its ledger before anything else', async () => {
    const { code, outputs, state, stdout } = await action([], { image: 'none.raw', run: 'true' })
    expect(code).toBe(1)
    expect(outputs).toMatch(/^verdict<<.*\nimage-error$/m)
    expect(state).toMatch(/^ledger<<.*\n.*\/temp\/image-test\/run-.*\.ledger\.jsonl$/m)
    expect(stdout).toContain('::error')
  })

  it('resolves an image as its sub-action: 0 and its outputs, or 1 and an annotation', async () => {
    const [there, missing] = await Promise.all([
      action(['resolve'], { image: resolve('package.json') }),
      action(['resolve'], { image: 'none.raw' }),
    ])
    expect(there).toMatchObject({ code: 0, outputs: expect.stringMatching(/^verified<<.*\nnone$/m) as string, state: '' })
    expect(missing).toMatchObject({
      code: 1,
      outputs: '',
      stdout: expect.stringContaining('::error title=image-test resolve%3A image-error::') as string,
    })
  })

  it('has nothing to remove in its post step when the main step made nothing, and says what it cannot remove', async () => {
    const [nothing, gone] = await Promise.all([action(['post'], {}), action(['post'], {}, { STATE_ledger: '/nowhere/run-x.ledger.jsonl' })])
    expect(nothing).toMatchObject({ code: 0, stdout: '', outputs: '', state: '' })
    expect(gone).toMatchObject({ code: 0, stdout: '' })
  })
})
