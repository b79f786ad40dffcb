import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openBox } from '../../../../src/images/boxes/open'
import { defaultLimits } from '../../../../src/images/limits'
import { store } from '../../../../src/images/store/store'
import { systemClock } from '../../../../src/lib/clock'
import { boxFile, libvirt } from './make-box'
import { folder, qcow2 } from '../../../support/make'

const stored = (path: string) =>
  store(
    { kind: 'file', path, name: 'a.box', shown: 'a.box' },
    {
      dir: folder(),
      expected: [],
      trusted: false,
      format: undefined,
      signal: new AbortController().signal,
      deadlineMs: Infinity,
      clock: systemClock,
      limits: defaultLimits,
      onProgress: () => undefined,
      env: {},
    },
  )

it('a box whose disk stays in it is not opened once another has taken its place', async () => {
  const path = boxFile([libvirt(), { name: 'box.img', content: qcow2() }], { packed: false })
  const { box } = await stored(path)
  if (box === undefined) throw new Error('no box')
  expect(box.disks[0].path).toBe(path) // in its window
  const options = {
    arch: 'x86_64',
    shown: 'a.box',
    signal: new AbortController().signal,
    limits: defaultLimits,
    warn: () => undefined,
  } as const
  await openBox(box, options)
  const other = join(folder(), 'other')
  writeFileSync(other, 'x'.repeat(1024 * 1024))
  renameSync(other, path)
  await expect(openBox(box, options)).rejects.toMatchObject({ outcome: 'image-error', message: `${path} changed after it was read` })
})
