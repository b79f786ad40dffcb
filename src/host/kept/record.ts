import { randomBytes } from 'node:crypto'
import { constants, lutimes, open, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KeptKind, KeptRecord } from './shelf'

const fileName = 'entry.json'
const maxBytes = 16 * 1024 * 1024

// What is written beside the files of an entry. Its date is when the entry was last used.
export const recordPath = (folder: string): string => join(folder, fileName)

export const writeRecord = async <About>(folder: string, kind: KeptKind<About>, record: KeptRecord<About>): Promise<void> => {
  const path = recordPath(folder)
  const arriving = `${path}.${randomBytes(8).toString('hex')}`
  await writeFile(arriving, `${JSON.stringify(kind.toJson(record), undefined, 2)}\n`, { mode: 0o600, flag: 'wx', flush: true })
  await rename(arriving, path)
}

// undefined when it is missing or not ours.
export const readRecord = async <About>(folder: string, kind: KeptKind<About>): Promise<KeptRecord<About> | undefined> => {
  try {
    const record = kind.fromJson(JSON.parse(await readText(recordPath(folder))))
    return record !== undefined && record.files.length > 0 ? record : undefined
  } catch {
    return undefined
  }
}

// A link leads to another's words, and a pipe keeps whoever opens it.
const readText = async (path: string): Promise<string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = await file.stat()
    if (!stats.isFile() || stats.size > maxBytes) throw new RangeError(`${path} is no record`)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(stats.size), 0, stats.size, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

export const markUsed = (folder: string): Promise<void> => lutimes(recordPath(folder), new Date(), new Date()).catch(() => undefined)
