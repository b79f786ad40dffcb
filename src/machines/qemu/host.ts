// What the provider does to this host. Tests on paper pass another.
import type { MachineSpec } from '../../config/job'
import { JobError } from '../../errors'
import { bootRecords } from '../../formats/boot-records'
import { unprivileged } from '../../host/identity'
import { run } from '../../host/process'
import type { Architecture } from '../../lib/architecture'
import { mainTestbed, type Accelerator } from '../../results'
import type { Context, MachineListener, Testbed } from '../provider'
import { startAll } from '../start-all'
import { chooseAccelerator } from './accelerator'
import { flashFor } from './firmware'
import { ensureQemu } from './install'
import { startMachine } from './machine'
import type { QemuPlanRequest } from './plan'
import { requestOf } from './request'

export interface QemuOptions {
  readonly accelerators?: string // file that remembers the probe's verdict
  readonly mayOpenKvm?: boolean // by sudo, on a hosted runner
}

export interface QemuReady {
  readonly tool: string // version
  readonly accelerator: Accelerator
}

const examine = async (
  arch: Architecture,
  asked: MachineSpec['accelerator'],
  { dir, signal }: Context,
  { accelerators, mayOpenKvm = false }: QemuOptions,
): Promise<QemuReady> => {
  const [tool, accelerator] = await Promise.all([
    qemuVersion(arch, signal),
    chooseAccelerator({
      asked,
      arch,
      qemu: binaryFor(arch),
      dir,
      signal,
      mayOpen: mayOpenKvm,
      ...(accelerators === undefined ? {} : { cacheFile: accelerators }),
    }),
  ])
  return { tool, accelerator }
}

const startMachines = async (
  { machines, tool: version }: QemuPlanRequest,
  context: Context,
  listen: (machine: string) => MachineListener,
): Promise<Testbed> => {
  const requests = machines.map(requestOf)
  const binaries = [...new Set(requests.map(({ arch }) => binaryFor(arch)))]
  const as = requests.some(({ qemuArgs }) => qemuArgs.length > 0) // what they name may be readable for us alone
    ? undefined
    : await unprivileged({
        programs: [...binaries, 'qemu-img', 'setpriv', 'prlimit', ...(requests.some(({ hardware }) => hardware.tpm) ? ['swtpm'] : [])],
        files: requests.flatMap(({ arch, firmware }) => flashFor(arch, firmware)?.code ?? []),
        kvm: requests.some(({ accelerator }) => accelerator === 'kvm') ? '/dev/kvm' : undefined,
      })
  const started = await startAll(
    requests.map((request) => (signal) => {
      const tool = { binary: binaryFor(request.arch), version: version.split('.').map(Number), as }
      return startMachine(request, tool, { ...context, signal }, listen(request.name))
    }),
    context.signal,
  )
  return {
    id: mainTestbed,
    machines: new Map(started.map((machine) => [machine.name, machine])),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(started.map((machine) => machine.end()))
    },
  }
}

export const thisHost = { ensureQemu, bootRecords, examine, startMachines } as const

export type QemuHost = typeof thisHost

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
