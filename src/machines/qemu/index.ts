import { JobError } from '../../errors'
import { run } from '../../lib/process'
import type { Context, MachineListener, MachineRequest, Plan, Provider, Testbed } from '../provider'
import { chooseAccelerator } from './accelerator'
import { startMachine, type QemuMachine } from './machine'

export interface QemuOptions {
  readonly accelerator: 'auto' | 'kvm' | 'tcg'
  readonly accelerators?: string // file that remembers the probe's verdict
  readonly mayOpenKvm?: boolean // by sudo, on a hosted runner
}

const binary = 'qemu-system-x86_64'

// Runs machines under QEMU on this host. The programs must be installed already (install.ts).
export const qemuProvider = ({ accelerator, accelerators, mayOpenKvm = false }: QemuOptions): Provider => ({
  name: 'qemu',
  plan: async ({ dir, signal }: Context): Promise<Plan> => {
    const [version, chosen] = await Promise.all([
      qemuVersion(signal),
      chooseAccelerator({
        asked: accelerator,
        qemu: binary,
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
    for (const { name, arch } of machines) {
      if (arch !== 'x86_64') {
        throw new JobError('config-error', `machine ${name}: images for ${arch} are not supported yet`, { hint: 'Use an x86_64 image.' })
      }
    }
    const started: QemuMachine[] = []
    const end = async (): Promise<void> => {
      await Promise.all(started.map((machine) => machine.end()))
    }
    try {
      const tool = { binary, version: plan.tool.split('.').map(Number) }
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

const qemuVersion = async (signal: AbortSignal): Promise<string> => {
  const { stdout, missing } = await run({ file: binary, args: ['--version'], timeoutMs: 10_000, signal })
  const version = /version (\d+\.\d+\.\d+)/.exec(stdout)?.[1]
  if (version === undefined) {
    throw new JobError('infra-error', missing ? `${binary} is not installed` : `${binary} --version did not answer`, {
      hint: 'Install qemu-system-x86 and qemu-utils, or run `image-test doctor`.',
    })
  }
  return version
}
