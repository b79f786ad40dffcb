import { confined, type UserIdentity } from './confinement'
import { run, type Finished } from './process'

// Converting takes the longest, and less memory than this; an image that makes it take more is not worth it.
const addressBytes = 1024 ** 3
const cpuSeconds = 600

export interface QemuImg {
  readonly args: readonly string[] // with every format named, so that none is guessed from what an image holds
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly cwd?: string
  readonly as?: UserIdentity | undefined
}

// Runs qemu-img without new privileges and within limits. Never throws for what it does.
export const qemuImg = async ({ args, as, ...request }: QemuImg): Promise<Finished> => {
  const [file = '', ...rest] = confined({ as, addressBytes, cpuSeconds }, ['qemu-img', ...args])
  const finished = await run({ ...request, file, args: rest })
  // Of the others that are missing the one before them tells.
  return finished.missing ? { ...finished, stderr: `${file} not found: install util-linux` } : finished
}
