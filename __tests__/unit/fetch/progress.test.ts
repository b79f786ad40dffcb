import { expect, it } from 'vitest'
import { createProgress } from '../../../src/fetch/progress'

it('is told at most once a second, with the pace since it was told last', () => {
  let now = 0
  const told: string[] = []
  const progress = createProgress('downloading x', (text) => told.push(text), { now: () => now, sleep: () => Promise.resolve() })
  progress.total(4 * 1024 * 1024)
  for (let part = 0; part < 30; part += 1) {
    now += 100
    progress.add(part < 10 ? 100 * 1024 : 50 * 1024)
  }
  expect(told).toEqual([
    'downloading x: 1000 KiB of 4 MiB (24%), 1000 KiB/s',
    'downloading x: 1.5 MiB of 4 MiB (36%), 500 KiB/s',
    'downloading x: 2 MiB of 4 MiB (48%), 500 KiB/s',
  ])
})
