import type { MachineSpec } from '../../config/job'
import type { Architecture } from '../../lib/architecture'
import type { Context, Provider, WantedMachine } from '../provider'
import { examineForQemu } from './examine'
import { chooseTarget, likelyArchitecture } from './fit/target'
import { thisHost, type QemuHost, type QemuOptions, type QemuReady } from './host'
import { qemuPlan, runBy, type QemuMachinePlan } from './plan'

// Runs machines under QEMU on this host, which is installed where it is missing and can be.
export const qemuProvider = (options: QemuOptions, host: QemuHost = thisHost): Provider => {
  // By architecture and accelerator asked for: both are asked beside the fetch for what the image's name tells, and are right as a rule.
  const ready = new Map<string, Promise<QemuReady>>()
  const readyFor = (arch: Architecture, asked: MachineSpec['accelerator'], context: Context): Promise<QemuReady> => {
    const key = `${arch} ${asked}`
    const known = ready.get(key) ?? host.examine(arch, asked, context, options)
    ready.set(key, known)
    return known
  }
  const planMachine = async (wanted: WantedMachine, context: Context): Promise<QemuMachinePlan & Pick<QemuReady, 'tool'>> => {
    const { spec, image } = wanted
    const [first] = image.disks
    if (!first) throw new RangeError('an image has a disk')
    const target = chooseTarget(spec, image, await host.bootRecords(first))
    const { arch, firmware, firmwareReason } = target
    await host.ensureQemu({ ...context, arch, firmware, tpm: spec.hardware.tpm })
    const { tool, accelerator } = await readyFor(arch, spec.accelerator, context)
    return { name: spec.name, runBy, arch, firmware, firmwareReason, accelerator, wanted, target, tool }
  }
  return {
    name: 'qemu',
    examine: examineForQemu,
    prepare: async (specs, context) => {
      for (const spec of specs) {
        const arch = likelyArchitecture(spec)
        const { tpm } = spec.hardware
        await host.ensureQemu({ ...context, arch, tpm, ...(spec.firmware === 'auto' ? {} : { firmware: spec.firmware }) })
        await readyFor(arch, spec.accelerator, context)
      }
    },
    plan: async (wanted, context) => {
      const machines: Awaited<ReturnType<typeof planMachine>>[] = []
      for (const one of wanted) machines.push(await planMachine(one, context))
      return qemuPlan({ machines, tool: machines[0]?.tool ?? '', start: host.startMachines })
    },
  }
}
