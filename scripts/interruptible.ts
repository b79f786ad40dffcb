import { spawn, type SpawnOptions } from 'node:child_process'
import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const graceMs = 10_000

// Runs a program in a process group of its own, at our terminal. A signal to us ends the whole group, after ten seconds by force, and then us,
// as a shell would tell it: what is to come next does not begin. Tells the program's exit code, null where a signal ended it.
export const runInterruptible = async (file: string, args: readonly string[], options: SpawnOptions = {}): Promise<number | null> => {
  const group: { leader?: number | undefined } = {}
  let got: NodeJS.Signals | undefined
  const end = (signal: NodeJS.Signals): void => {
    got ??= signal
    signalGroup(group.leader, signal)
    setTimeout(() => {
      signalGroup(group.leader, 'SIGKILL')
    }, graceMs).unref()
  }
  // Before the program can begin: a signal that comes between two listeners is lost.
  for (const signal of signals) {
    process.removeAllListeners(signal) // Vite's would end us at once, and leave the group behind
    process.on(signal, end)
  }
  const child = spawn(file, args, { stdio: 'inherit', ...options, detached: true })
  group.leader = child.pid
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', resolve)
  }).finally(() => {
    for (const signal of signals) process.off(signal, end)
  })
  if (got === undefined) return code
  signalGroup(group.leader, 'SIGKILL') // whatever outlived its parent
  return process.exit(128 + constants.signals[got])
}

const signalGroup = (leader: number | undefined, signal: NodeJS.Signals): void => {
  try {
    if (leader !== undefined) process.kill(-leader, signal)
  } catch {
    // all of them have ended
  }
}
