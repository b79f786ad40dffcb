// A run that has to pass and to leave nothing.
import { expect } from 'vitest'
import { home, runCli, type Ran } from './cli'

export const small = ['--memory', '512M']
export const explain = ({ stderr, result }: Ran): string => `${stderr}\n${JSON.stringify(result.tests, undefined, 1)}`

export const passes = async (flags: readonly string[], job?: string, during?: (pid: number) => Promise<void>): Promise<Ran> => {
  const ran = await runCli([...small, ...flags], job, home(), during)
  expect(ran.result.outcome, explain(ran)).toBe('passed')
  expect(ran.left).toEqual([])
  return ran
}
