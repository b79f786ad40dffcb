import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runFromInputs } from '../../../src/commands/run-from-inputs'

let root: string
let log: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'app-'))
  log = ''
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(root, { recursive: true })
})

const onRunner = async (inputs: Readonly<Record<string, string>>) => {
  const workspace = join(root, 'workspace')
  mkdirSync(join(workspace, '.git'), { recursive: true })
  const output = join(root, 'output')
  writeFileSync(output, '')
  vi.stubEnv('GITHUB_OUTPUT', output)
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      log += chunk.toString()
      done()
    },
  })
  const result = await runFromInputs({
    inputs,
    onRunner: true,
    env: { NO_COLOR: '1', GITHUB_OUTPUT: output, RUNNER_TEMP: join(root, 'temp'), GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: workspace },
    cwd: workspace,
    marker: 'marker',
    signal: new AbortController().signal,
    log: sink as unknown as NodeJS.WriteStream,
  })
  const written: Iterable<readonly string[]> = readFileSync(output, 'utf8').matchAll(/^(.+?)<<(.+)\n([^]*?)\n\2$/gm)
  return { result, outputs: Object.fromEntries([...written].map(([, name = '', , value = '']) => [name, value] as const)) }
}

describe('a report folder that is refused', () => {
  it('is no output, nor are the files that are not in it: an upload of it would be one of the checkout', async () => {
    const { result, outputs } = await onRunner({ image: 'x.qcow2', run: 'ls', 'report-dir': '.' })
    expect(result.message).toContain('is the root of a checkout')
    expect(outputs).toMatchObject({ verdict: 'config-error', 'report-dir': '', junit: '', json: '', 'console-log': '' })
    expect(log).not.toMatch(/^report {2}/m)
  })

  it('is an output with its files when it is not refused', async () => {
    const report = join(root, 'workspace/out')
    const { outputs } = await onRunner({ image: 'x.qcow2', run: '', 'report-dir': 'out' })
    expect(outputs).toMatchObject({ verdict: 'config-error', 'report-dir': report, junit: join(report, 'junit.xml') })
    expect(log).toContain(`report  ${report}`)
  })
})
