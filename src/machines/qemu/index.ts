import { JobError } from '../../errors'
import type { Architecture } from '../../lib/architecture'
import { unprivileged } from '../../host/identity'
import { run } from '../../host/process'
import type { Context, MachineListener, MachineRequest, Plan, Provider, Testbed } from '../provider'
import { chooseAccelerator } from './accelerator'
import { flashFor } from './firmware'
import { startMachine, type QemuMachine } from './machine'

export interface QemuOptions {
  readonly arch: Architecture // of all machines
  readonly accelerator: 'auto' | 'kvm' | 'tcg'
  readonly accelerators?: string // file that remembers the probe's verdict
  readonly mayOpenKvm?: boolean // by sudo, on a hosted runner
}

// Runs machines under QEMU on this host. The programs must be installed already (install.ts).
export const qemuProvider = ({ arch, accelerator, accelerators, mayOpenKvm = false }: QemuOptions): Provider => ({
  name: 'qemu',
  plan: async ({ dir, signal }: Context): Promise<Plan> => {
    const [version, chosen] = await Promise.all([
      qemuVersion(arch, signal),
      chooseAccelerator({
        asked: accelerator,
        arch,
        qemu: binaryFor(arch),
        dir,
        signal,
        mayOpen: mayOpenKvm,
        ...(accelerators === undefined ? {} : { cacheFile: accelerators }),
      }),
    ])
    return { accelerator: chosen, tool: version }
  },
  start: async (
    machines: readonly MachineRequest[],
    plan: Plan,
    context: Context,
    listen: (machine: string) => MachineListener,
  ): Promise<Testbed> => {
    const started: QemuMachine[] = []
    const end = async (): Promise<void> => {
      await Promise.all(started.map((machine) => machine.end()))
    }
    try {
      const binary = binaryFor(arch)
      const as = machines.some(({ qemuArgs }) => qemuArgs.length > 0) // what they name may be readable for us alone
        ? undefined
        : await unprivileged({
            programs: [binary, 'qemu-img', 'setpriv', 'prlimit', ...(machines.some(({ hardware }) => hardware.tpm) ? ['swtpm'] : [])],
            files: machines.flatMap(({ firmware }) => flashFor(arch, firmware)?.code ?? []),
            kvm: plan.accelerator.kind === 'kvm' ? '/dev/kvm' : undefined,
          })
      const tool = { binary, version: plan.tool.split('.').map(Number), as }
      await Promise.all(
        machines.map(async (request) => started.push(await startMachine(request, plan, tool, context, listen(request.name)))),
      )
    } catch (error) {
      await end()
      throw error
    }
    return { id: 'main', machines: new Map(started.map((machine) => [machine.name, machine])), [Symbol.asyncDispose]: end }
  },
})

const binaryFor = (arch: Architecture): string => `qemu-system-${arch}`

const qemuVersion = async (arch: Architecture, signal: AbortSignal): Promise<string> => {
  const binary = binaryFor(arch)
  const { stdout, missing } = await run({ file: binary, args: ['--version'], timeoutMs: 10_000, signal })
  const version = /version (\d+\.\d+\.\d+)/.exec(stdout)?.[1]
  if (version === undefined) {
    throw new JobError('infra-error', missing ? `${binary} is not installed` : `${binary} --version did not answer`, {
      hint: `Install ${arch === 'x86_64' ? 'qemu-system-x86' : 'qemu-system-arm'} and qemu-utils, or run \`image-test doctor\`.`,
    })
  }
  return version
}
