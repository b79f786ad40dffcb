import { expect, it } from 'vitest'
import { difference, type NamedNode } from '../../../../src/machines/qemu/second-look'

const disk = { path: '/disk.qcow2', format: 'qcow2', virtualBytes: 1_000_000 } as const
const sound = { format: 'qcow2', 'virtual-size': 999_936, 'format-specific': { data: { corrupt: false } } }
const ofImage = (change: NamedNode['image']): string | undefined => difference({ image: { ...sound, ...change } }, disk)

it('is the same as ours for a sound image', () => {
  expect(ofImage({})).toBeUndefined()
  expect(difference({ image: { format: 'raw', 'virtual-size': 1_000_448 } }, { ...disk, format: 'raw' })).toBeUndefined()
})

it.each<[string, NamedNode['image']]>([
  ['it is raw, and not qcow2', { format: 'raw' }],
  ['it has a backing file', { 'backing-filename': '/etc/passwd' }],
  ['it has an external data file', { 'format-specific': { data: { 'data-file': '/etc/passwd' } } }],
  ['it is encrypted', { encrypted: true }],
  ['it is corrupt', { 'format-specific': { data: { corrupt: true } } }],
  ['its disk has 512 bytes, and not 999936', { 'virtual-size': 512 }],
])('differs: %s', (words, change) => {
  expect(ofImage(change)).toBe(words)
})

it('differs where QEMU does not know the image', () => {
  expect(difference(undefined, disk)).toBe('it says nothing of it')
})
