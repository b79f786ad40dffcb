import { expect, it } from 'vitest'
import { machineAdvice } from '../../../src/access/box-logins'
import { machineSpec } from '../../support/machine-spec'

const MiB = 1024 * 1024
const spec = machineSpec({ memoryBytes: 2048 * MiB, cpus: 2 })

it('says what a box asks for and the job does not give', () => {
  expect(machineAdvice({}, spec)).toEqual([])
  expect(machineAdvice({ memoryBytes: 2048 * MiB, cpus: 2 }, spec)).toEqual([])
  expect(machineAdvice({ memoryBytes: 4096 * MiB, cpus: 4 }, spec)).toEqual([
    'the machine has 2048 MiB of memory, but the box asks for 4096 MiB: set `memory`',
    'the machine has 2 CPUs, but the box asks for 4: set `cpus`',
  ])
  expect(machineAdvice({ cpus: 2 }, { ...spec, memoryBytes: 512 * MiB, cpus: 1 })).toEqual([
    'the machine has 512 MiB of memory; at least 1 GiB is recommended for a box',
    'the machine has 1 CPU, but the box asks for 2: set `cpus`',
  ])
})
