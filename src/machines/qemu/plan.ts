// What QEMU is to run, and what else could be tried when that failed.
import type { DiskBus } from '../../config/job'
import { comesOfMissingRoot, missesRoot } from '../../diagnosis'
import type { Context, Failed, Alternative, MachineListener, Plan, PlannedMachine, Testbed, WantedMachine } from '../provider'
import { emulationSlowdown } from './accelerator'
import { unmetWishes } from './fit/made-for'
import type { Target } from './fit/target'

// As messages name what runs our machines.
export const runBy = 'QEMU'

export interface QemuMachinePlan extends PlannedMachine {
  readonly wanted: WantedMachine
  readonly target: Target
}

export interface QemuPlanRequest {
  readonly machines: readonly QemuMachinePlan[]
  readonly tool: string
  readonly start: (plan: QemuPlanRequest, context: Context, listen: (machine: string) => MachineListener) => Promise<Testbed>
}

export const qemuPlan = (request: QemuPlanRequest): Plan => {
  const { machines, tool, start } = request
  return {
    machines,
    tool,
    warnings: machines.flatMap(({ wanted: { image, spec }, target }) => unmetWishes(image, target, spec.hardware)),
    start: (context, listen) => start(request, context, listen),
    next: (failed) => otherBus(request, failed) ?? emulated(request, failed),
  }
}

// An image that has no driver for its bus does not find its root; one that ran a test with it misses something else after a reboot.
const otherBus = (request: QemuPlanRequest, { error, findings, cameUp }: Failed): Alternative | undefined => {
  if (cameUp || (error.outcome !== 'boot-failed' && error.timeout === undefined)) return undefined
  const lost = findings.find((finding) => missesRoot(finding) && (error.machine ?? finding.machine) === finding.machine)
  const failed = request.machines.find(({ name }) => name === lost?.machine)
  const bus = failed?.target.otherBuses[0]
  if (failed === undefined || bus === undefined) return undefined
  return {
    plan: qemuPlan({ ...request, machines: request.machines.map((machine) => (machine === failed ? at(machine, bus) : machine)) }),
    instead: {
      why: `the image did not find its root at ${failed.target.bus}: a fresh machine is tried with its disk at ${bus}; \`disk-bus: ${bus}\` saves this boot`,
      explains: comesOfMissingRoot,
    },
  }
}

const at = (machine: QemuMachinePlan, bus: DiskBus): QemuMachinePlan => ({
  ...machine,
  target: { ...machine.target, bus, otherBuses: machine.target.otherBuses.slice(1) },
})

const emulated = (request: QemuPlanRequest, { error }: Failed): Alternative | undefined => {
  const mayBe = ({ accelerator, wanted }: QemuMachinePlan): boolean =>
    accelerator.kind === 'kvm' && wanted.spec.accelerator === 'auto' && error.stage === 'firmware'
  if (!request.machines.some(mayBe)) return undefined
  const reason = 'KVM answered the probe, but the guest did not get past its firmware under it'
  const accelerator = { kind: 'tcg', reason, slowdown: emulationSlowdown } as const
  return {
    plan: qemuPlan({ ...request, machines: request.machines.map((machine) => (mayBe(machine) ? { ...machine, accelerator } : machine)) }),
  }
}
