// Loads jobs from real files in a folder of their own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { ConfigError, loadJob, type Loaded } from '../../../src/config'
import type { RunSpec, TestSpec } from '../../../src/config/job'

export interface Asked {
  readonly inputs?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly env?: Readonly<Record<string, string>>
  readonly today?: string
}

export const folderWith = (files: Readonly<Record<string, string | Uint8Array>>): string => {
  const folder = mkdtempSync(join(tmpdir(), 'config-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
  })
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

export const loadIn = (cwd: string, { inputs = {}, env = {}, today = '2026-06-15' }: Asked): Promise<Loaded> =>
  loadJob({ inputs, env, cwd, today: new Date(`${today}T12:00:00Z`), signal: new AbortController().signal })

export const load = (asked: Asked): Promise<Loaded> => loadIn(folderWith(asked.files ?? {}), asked)

// A job file by its text, with an image unless the text names one.
export const loadText = (text: string, asked: Asked = {}): Promise<Loaded> =>
  load({ ...asked, inputs: { image: 'fedora:44', ...asked.inputs, config: 'job.yml' }, files: { ...asked.files, 'job.yml': text } })

// The problems as a user sees them.
export const problemsOf = async (loading: Promise<Loaded>): Promise<string> => {
  try {
    await loading
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'no problems'
}

export const firstTest = ({ job }: Loaded): TestSpec & { readonly kind: 'run' } => {
  const [test] = job.tests
  if (test?.kind !== 'run') throw new Error('the first test is no command')
  return test
}

export type { RunSpec }
