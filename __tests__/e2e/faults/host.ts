// Hosts with something wrong, for the time of a row.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { node20, type Step } from '../runner'
import type { Prepared } from './row'

export const notRoot = (): string | undefined => (process.getuid?.() === 0 ? undefined : 'only root may do that')

// RUNNER_TEMP is a file system of its own of so many MiB.
export const smallDisk = ({ temp }: Step, mib: number, options = ''): Pick<Prepared, 'undo'> => {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=777${options}`, 'image-test', temp])
  return {
    undo: () => Promise.resolve(execFileSync('umount', ['--lazy', temp])),
  }
}

// A program that starts Node in other surroundings: `prlimit …`, `setpriv …`.
export const nodeBy = ({ dir }: Step, ...prefix: readonly string[]): string => {
  const file = join(dir, 'node')
  writeFileSync(file, `#!/bin/sh\nexec ${prefix.join(' ')} ${node20} "$@"\n`)
  chmodSync(file, 0o755)
  return file
}

const ownPath = (): readonly string[] => (process.env.PATH ?? '').split(delimiter).filter((folder) => existsSync(folder))

// Where the host has a program.
export const programPath = (name: string): string =>
  ownPath()
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path)) ?? `/usr/bin/${name}`

// A PATH with every program of this host but some, and some of our own making.
export const pathOf = ({ dir }: Step, hidden: RegExp, made: Readonly<Record<string, string>> = {}): string => {
  const folder = join(dir, 'programs')
  mkdirSync(folder)
  for (const source of ownPath()) {
    for (const name of readdirSync(source)) {
      if (hidden.test(name) || name in made) continue
      try {
        symlinkSync(join(source, name), join(folder, name))
      } catch {
        // the first of two with one name counts
      }
    }
  }
  for (const [name, script] of Object.entries(made)) writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return folder
}
