import { expect, it } from 'vitest'
import type { When } from '../../../src/config/job'
import type { MachineFacts } from '../../../src/guest/live'
import { unmet } from '../../../src/steps/when'

const fedora: MachineFacts = { distro: 'fedora', version: '44', variant: 'cloud', arch: 'x86_64', provider: 'qemu', accelerator: 'tcg' }

it('is met when every key holds', () => {
  expect(unmet({}, fedora)).toBeUndefined()
  expect(
    unmet({ distro: ['centos', 'fedora'], variant: ['cloud'], arch: ['x86_64'], version: [{ operator: '>=', version: '41' }] }, fedora),
  ).toBeUndefined()
})

it('says which key does not hold, and what the machine is', () => {
  expect(unmet({ distro: ['fedora'], arch: ['aarch64'] }, fedora)).toBe('arch is x86_64, and it is for aarch64 only')
  expect(unmet({ accelerator: ['kvm'] }, fedora)).toBe('accelerator is tcg, and it is for kvm only')
  expect(unmet({ version: [{ operator: '<', version: '44' }] }, fedora)).toBe('version is 44, and it is for version <44 only')
})

it('is not met by a fact that the machine does not tell, and says so', () => {
  const silent = { ...fedora, variant: undefined, version: undefined }
  expect(unmet({ variant: ['cloud'] }, silent)).toBe('the machine does not tell its variant, and it is for cloud only')
  expect(unmet({ version: [{ operator: '!=', version: '3' }] }, silent)).toBe(
    'the machine does not tell its version, and it is for version !=3 only',
  )
})

const table: readonly [version: string, operator: NonNullable<When['version']>[number]['operator'], asked: string, met: boolean][] = [
  ['9.4', '=', '9', true],
  ['9.4', '=', '9.4', true],
  ['9', '=', '9.4', false],
  ['9', '=', '9.0', true],
  ['9.10', '>', '9.9', true],
  ['9.4', '>', '9', false],
  ['9.4', '<=', '9', true],
  ['9.4', '<', '9', false],
  ['10', '>=', '9.4', true],
  ['9.4', '!=', '9', false],
  ['24.04', '>=', '24.4', true],
  ['rawhide', '!=', '44', false],
]
it.each(table)('%s %s %s: %s', (version, operator, asked, met) => {
  expect(unmet({ version: [{ operator, version: asked }] }, { ...fedora, version }) === undefined).toBe(met)
})

it('takes several comparisons together', () => {
  const between: When = {
    version: [
      { operator: '>=', version: '9' },
      { operator: '<', version: '10' },
    ],
  }
  expect(unmet(between, { ...fedora, version: '9.6' })).toBeUndefined()
  expect(unmet(between, { ...fedora, version: '10.1' })).toBe('version is 10.1, and it is for version >=9, <10 only')
})
