import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { runInterruptible } from './interruptible'

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly File[]
}

interface File {
  readonly name: string
  readonly status: string
  readonly message: string
  readonly assertionResults: readonly { readonly status: string; readonly fullName: string; readonly failureMessages: readonly string[] }[]
}

export interface Project {
  readonly name: 'unit' | 'e2e' | 'measured'
  readonly node?: string // that runs it; ours unless told
}

const beginning = (message: string): string => message.split('\n').slice(0, 12).join('\n').replace(/^/gm, '    ')

// What failed in a file, each with its first lines. One that could not be loaded, or whose set-up failed, holds no failed test but is a failure.
const failuresOf = ({ name, status, message, assertionResults }: File): readonly string[] => {
  const file = relative('.', name)
  const failed = assertionResults.filter((result) => result.status === 'failed')
  if (failed.length === 0 && status === 'failed') return [`${file}\n${beginning(message)}`]
  return failed.map(({ fullName, failureMessages }) => `${file}: ${fullName}\n${beginning(failureMessages.join('\n'))}`)
}

// Runs the tests of projects one after the other, says at the end again what failed, then `N passed, N failed`, and tells
// whether all is well.
export const runProjects = async (
  projects: readonly Project[],
  only: readonly string[] = [],
  env: NodeJS.ProcessEnv = process.env,
): Promise<boolean> => {
  const dir = mkdtempSync(join(tmpdir(), 'image-test-'))
  let passed = 0
  const failures: string[] = []
  for (const [index, { name, node = process.execPath }] of projects.entries()) {
    const file = join(dir, `${index}.json`)
    const of = node === process.execPath ? name : `${name} (${relative('.', node)})`
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const code = await runInterruptible(node, ['node_modules/vitest/vitest.mjs', 'run', '--project', name, ...reporters, ...only], { env })
    const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined
    const failed = report?.testResults.flatMap(failuresOf) ?? []
    passed += report?.numPassedTests ?? 0
    failures.push(...failed.map((failure) => `✗ ${of} ${failure}`))
    if (code !== 0 && failed.length === 0) failures.push(`✗ ${of}: the tests ended with ${code ?? 'a signal'}, and none of them failed`)
  }
  rmSync(dir, { recursive: true, force: true })
  process.stdout.write([...failures, `${passed} passed, ${failures.length} failed\n`].join('\n'))
  return failures.length === 0 && passed > 0
}
