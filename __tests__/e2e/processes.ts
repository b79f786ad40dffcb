// Looks at the processes that a run has started.
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

// Processes with such an argument that a process started.
export const children = (parent: number, argument: RegExp): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8')
        return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) === parent && argument.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
      } catch {
        return false // it ended meanwhile
      }
    })
    .map(Number)

export const appears = async <T>(look: () => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 600; tries += 1) {
    const found = look()
    if (found !== undefined) return found
    await sleep(100)
  }
  throw new Error('it did not appear within a minute')
}

export const isQemu = /^[^\0]*qemu-system-\w+\0-name\0/ // and not one that tells its version
export const isTpm = /^swtpm/

export const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
