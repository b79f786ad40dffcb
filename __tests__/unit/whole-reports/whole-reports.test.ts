// Whole reports, byte for byte, of jobs on paper machines: what no change of the house may change by accident. `npx vitest -u` renews them
// (`npx vitest run --project unit __tests__/unit/whole-reports -u` renews nothing else); what differs then is for the reader of the commit, and for the changelog.
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { filesIn, playReport } from '../../support/paper/report'
import { jobs } from './jobs'

const kept = join(import.meta.dirname, 'kept')

afterEach(() => {
  vi.unstubAllEnvs()
})

describe.each(Object.entries(jobs))('the report of the job %s', (name, { verdict, ...job }) => {
  it('is what it was, as an action and as a command', async () => {
    const action = await playReport({ ...job, as: 'action' })
    const command = await playReport({ ...job, as: 'command' })
    expect(action.result.outcome, action.result.message).toBe(verdict)
    expect(action.summary, 'the summary of the step is the file').toBe(action.files.get('summary.md'))
    expect(Object.fromEntries(command.files), 'and its report the one of the action').toEqual(Object.fromEntries(action.files))
    const all = new Map<string, string>([
      ...[...action.files].map(([path, text]) => [`report/${path}`, text] as const),
      ...([
        ['log.txt', action.log],
        ['outputs.txt', action.outputs],
        ['terminal.txt', command.log],
      ] as const),
    ])
    for (const [path, text] of all) await expect(text).toMatchFileSnapshot(join(kept, name, path))
    const stale = filesIn(join(kept, name)).filter((path) => !all.has(path))
    expect(stale, 'to be removed: no report has them any more').toEqual([])
  })

  it('depends neither on where nor on when it is read', async () => {
    const here = await playReport({ ...job, as: 'command' })
    vi.stubEnv('TZ', 'Pacific/Chatham')
    vi.stubEnv('LC_ALL', 'de_DE.UTF-8')
    vi.stubEnv('COLUMNS', '20')
    const there = await playReport({ ...job, as: 'command', stdout: { isTTY: false, columns: 20 } })
    expect(there).toEqual(here)
  })
})

it('keeps no report of a job that is not there any more', () => {
  const folders = filesIn(kept).map((path) => path.split('/')[0] ?? '')
  expect([...new Set(folders)].filter((name) => !(name in jobs))).toEqual([])
})
