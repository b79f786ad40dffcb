import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  type Dirent,
  type Stats,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { codeOf } from '../../lib/error-code'

// A folder in which a stranger may have prepared links, such as one in a checkout. Paths are relative to it. Nothing outside of it is
// written, made, moved or removed, also when it changes meanwhile: each folder on the way is opened in the one above, never by way of a
// link, and held while something is done in it.
export interface Folder {
  readonly create: (path: string) => number // a descriptor of a new file; what had its name is gone first, but for a folder
  readonly move: (path: string, name: string) => void // within its own folder
  readonly remove: (path: string) => void // a file, or the link itself; nothing when it is not there
  readonly look: (path: string) => Stats | undefined // of a link, the link's own
  readonly removeEmpty: (path: string) => void // a folder; one that holds something stays
  readonly list: (path: string) => readonly Dirent[] // empty when there is no such folder
}

// Throws what the system says, with the path that was asked for.
export const folderAt = (root: string): Folder => {
  const within = <T>(path: string, use: (place: (name: string) => string, name: string) => T, make = false): T => {
    const names = path.split('/')
    if (names.some((name) => name === '' || name === '.' || name === '..')) throw new RangeError(`not a path in a folder: ${path}`)
    const name = names.pop() ?? ''
    let fd = openFolder(resolve(root)) // with a slash at its end a link would be followed
    try {
      for (const folder of names) {
        const next = enter(fd, folder, make)
        closeSync(fd)
        fd = next
      }
      return use((entry) => entryOf(fd, entry), name)
    } catch (error) {
      if (error instanceof Error) error.message = error.message.replace(`/proc/self/fd/${fd}`, join(root, ...names))
      throw error
    } finally {
      closeSync(fd)
    }
  }
  const look: Folder['look'] = (path) => absent(() => within(path, (place, name) => lstatSync(place(name))))
  const remove: Folder['remove'] = (path) => {
    absent(() => {
      within(path, (place, name) => {
        unlinkSync(place(name))
      })
    })
  }
  return {
    look,
    remove,
    create: (path) =>
      within(
        path,
        (place, name) => {
          try {
            return openNew(place(name))
          } catch (error) {
            if (codeOf(error) !== 'EEXIST') throw error
            unlinkSync(place(name))
            return openNew(place(name))
          }
        },
        true,
      ),
    removeEmpty: (path) => {
      absent(() => {
        within(path, (place, name) => {
          rmdirSync(place(name))
        })
      }, 'ENOTEMPTY')
    },
    move: (path, to) => {
      within(path, (place, name) => {
        renameSync(place(name), place(to))
      })
    },
    list: (path) =>
      absent(() =>
        within(path, (place, name) => {
          const fd = openFolder(place(name))
          try {
            return readdirSync(`/proc/self/fd/${fd}`, { withFileTypes: true })
          } finally {
            closeSync(fd)
          }
        }),
      ) ?? [],
  }
}

const openFolder = (path: string): number => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)

// Node has no openat; the kernel's name for an open folder does the same (proc(5)): it leads to that very folder, wherever its name does.
const entryOf = (fd: number, name: string): string => `/proc/self/fd/${fd}/${name}`

const openNew = (path: string): number =>
  openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o666)

// A link in a folder's place is replaced by a folder: nothing is lost with it.
const enter = (above: number, name: string, make: boolean): number => {
  const path = entryOf(above, name)
  try {
    return openFolder(path)
  } catch (error) {
    if (!make) throw error
    if (absent(() => lstatSync(path))?.isSymbolicLink()) unlinkSync(path)
    else if (codeOf(error) !== 'ENOENT') throw error
    mkdirSync(path)
    return openFolder(path)
  }
}

// undefined when the thing, or a folder on the way, is not there or is something else.
const absent = <T>(act: () => T, ...alsoPassed: readonly string[]): T | undefined => {
  try {
    return act()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', ...alsoPassed].includes(codeOf(error))) return undefined
    throw error
  }
}
