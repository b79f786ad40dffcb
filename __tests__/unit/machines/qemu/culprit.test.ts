import { expect, it } from 'vitest'
import { findCulprit, type Culprit, type Trial } from '../../../../src/machines/qemu/culprit'

const all = 'images, extra'
const name = ({ images, extra }: Trial): string => [...(images ? ['images'] : []), ...(extra ? ['extra'] : [])].join(', ')

it.each<[Culprit, string, boolean, readonly string[]]>([
  ['image', 'only an empty disk starts', false, ['extra']],
  ['arguments', 'it starts without what the job gives', true, ['images']],
  ['image', 'what the job gives makes no difference, the image does', true, ['extra']],
  ['host', 'nothing starts', false, []],
  ['host', 'nothing starts, whatever the job gives', true, []],
  ['host', 'all of it starts the next time', false, ['extra', all]],
  ['host', 'all of it starts the next time, also with what the job gives', true, ['images', all]],
])('is the %s when %s', async (culprit, _when, hasExtra, starting) => {
  expect(await findCulprit((trial) => Promise.resolve(starting.includes(name(trial))), hasExtra)).toBe(culprit)
})
