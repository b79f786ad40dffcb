// The action on a runner whose files cannot be written: a verdict always.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run } from '../../src/host/process'
import type { RunResult } from '../../src/results'

const files = ['GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'GITHUB_STATE', 'GITHUB_ENV'] as const
type File = (typeof files)[number]

const action = async (broken: Partial<Record<File, string>>, ...words: readonly string[]) => {
  const dir = mkdtempSync(join(tmpdir(), 'runner-'))
  const env = Object.fromEntries(files.map((file) => [file, join(dir, file)]))
  for (const file of Object.values(env)) writeFileSync(file, '')
  const { exitCode, stdout } = await run({
    file: 'node_modules/.bin/vite-node',
    args: ['src/main.ts', '--', ...words],
    env: {
      ...{ ...env, ...broken, GITHUB_ACTIONS: 'true', GITHUB_ACTION: 'test', GITHUB_WORKSPACE: dir, RUNNER_TEMP: dir },
      ...{ INPUT_IMAGE: 'none.qcow2', INPUT_COMMANDS: 'true', 'INPUT_BOOT-TIMEOUT': '' },
    },
    timeoutMs: 600_000,
  })
  const result = (): RunResult => JSON.parse(readFileSync(join(dir, 'image-test/test/report/results.json'), 'utf8')) as RunResult
  return { dir, exitCode, stdout, result }
}

it.each(['/dev/full', '/proc/missing', '/'])('judges the image where its outputs and summary go to %s', async (file) => {
  const { exitCode, stdout, result } = await action({ GITHUB_OUTPUT: file, GITHUB_STEP_SUMMARY: file, GITHUB_ENV: file })
  expect(result().outcome).toBe('image-error')
  expect(result().warnings.join()).toMatch(/GITHUB_OUTPUT cannot be written, so the steps after this one see no outputs: /)
  expect(stdout).toMatch(/^::error .*none\.qcow2/m)
  expect(stdout).toContain('GITHUB_STEP_SUMMARY cannot be written')
  expect(exitCode).toBe(1)
})

it.each(['/dev/full', '/proc/missing', '/'])(
  'does not begin what the post step could not clean up: a state that goes to %s',
  async (file) => {
    const { exitCode, result } = await action({ GITHUB_STATE: file })
    expect(result()).toMatchObject({ outcome: 'infra-error', message: expect.stringMatching(/GITHUB_STATE cannot be written/) as string })
    expect(exitCode).toBe(1)
  },
)

it('has nothing to do after a main step that could save no state', async () => {
  const { exitCode, result } = await action({}, 'post')
  expect(exitCode).toBe(0)
  expect(result).toThrow('ENOENT')
})
