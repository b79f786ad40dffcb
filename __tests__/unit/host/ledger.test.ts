import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openLedger, readLedger } from '../../../src/host/ledger'
import { smallDisk } from '../../support/small-disk'

const kind = 'path'

it('has written what it was given, or says that it has not: also on a disk that becomes full within a line', async (context) => {
  await using disk = await smallDisk(64 * 1024)
  if (disk === undefined) return context.skip('no user may mount a small disk here')
  const file = join(disk.path, 'run.ledger.jsonl')
  const ledger = await openLedger(file, {})
  const filling = join(disk.path, 'filling')
  expect(() => {
    writeFileSync(filling, Buffer.alloc(128 * 1024))
  }).toThrow('ENOSPC')
  const told: string[] = []
  for (let number = 0; number < 100; number += 1) {
    const path = `/${number}-${'x'.repeat(100)}`
    try {
      ledger.add({ kind, path })
      told.push(path)
    } catch (error) {
      expect(error).toMatchObject({ code: 'ENOSPC' })
      break
    }
  }
  expect(told.length).toBeLessThan(100)
  rmSync(filling)
  ledger.add({ kind, path: '/after' })
  appendFileSync(file, '{"add": {"kind": "path"')
  expect(readLedger(file)).toEqual(['/after', ...told.toReversed()].map((path) => ({ kind, path })))
  await ledger.release()
})
