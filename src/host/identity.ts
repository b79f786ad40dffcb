import { randomInt } from 'node:crypto'
import { constants } from 'node:fs'
import { access, readFile, readdir, stat } from 'node:fs/promises'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { capability, hasCapabilities } from './capabilities'
import type { UserIdentity } from './confinement'

// The range that systemd takes for services with users of their own (DynamicUser): no account lies in it.
const uids = { from: 61184, to: 65519 } as const

export interface IdentityRequest {
  readonly programs: readonly string[]
  readonly files: readonly string[] // that they open by their paths
  readonly kvm: string | undefined // the device, when it is needed
  readonly ourUid?: number
}

// As whom QEMU and qemu-img run when we are root: a user that owns nothing but what it is handed. Undefined when we are not root, or when
// such a user could not do what is needed; then they run as we do.
export const unprivileged = async ({
  programs,
  files,
  kvm,
  ourUid = process.getuid?.(),
}: IdentityRequest): Promise<UserIdentity | undefined> => {
  if (ourUid !== 0 || !(await mayBecomeAnother())) return undefined
  const found = await Promise.all(programs.map(onPath))
  const opened = [...found.map((path) => path ?? ''), ...files]
  const reachable = await Promise.all(opened.map(readableByAll))
  const groups = await groupsFor(kvm)
  if (reachable.includes(false) || groups === undefined) return undefined
  const uid = await freeUid()
  return { uid, gid: uid, groups }
}

// To hand files over, to read what comes of them, to end what runs. A container may lack them, or have no such users at all.
const needed = [capability.chown, capability.dacOverride, capability.kill, capability.setgid, capability.setuid]
const mayBecomeAnother = async (): Promise<boolean> => {
  const map = await readFile('/proc/self/uid_map', 'utf8')
  const mapped = map.split('\n').some((line) => {
    const [first = NaN, , count = NaN] = line.trim().split(/\s+/).map(Number)
    return first <= uids.from && first + count > uids.to
  })
  return mapped && hasCapabilities(...needed)
}

const onPath = async (program: string): Promise<string | undefined> => {
  const paths = isAbsolute(program) ? [program] : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
  for (const path of paths)
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path
  return undefined
}

const readableByAll = async (path: string): Promise<boolean> => {
  try {
    if (((await stat(path)).mode & 0o004) === 0) return false
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
      if (((await stat(folder)).mode & 0o001) === 0) return false
    }
    return true
  } catch {
    return false
  }
}

// The groups that open the device to a user who is not root, or undefined when nothing does.
const groupsFor = async (device: string | undefined): Promise<readonly number[] | undefined> => {
  if (device === undefined) return []
  const { mode, gid } = await stat(device)
  if ((mode & 0o006) === 0o006) return []
  return (mode & 0o060) === 0o060 && gid !== 0 ? [gid] : undefined
}

// One that no running process has.
const freeUid = async (): Promise<number> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const taken = new Set(
    await Promise.all(
      pids.map((pid) =>
        stat(join('/proc', pid)).then(
          ({ uid }) => uid,
          () => 0,
        ),
      ),
    ),
  )
  for (;;) {
    const uid = randomInt(uids.from, uids.to + 1)
    if (!taken.has(uid)) return uid
  }
}
