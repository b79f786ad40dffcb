// Reads small text files that a user names, with a sentence for everything that can be wrong with one.
import { stat } from 'node:fs/promises'
import { readBounded } from '../lib/read-bounded'
import { leavesCheckout, resolvePath, type Surroundings } from './checkout'

export type ReadText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly missing: boolean; readonly problem: string }

interface TextFile extends Surroundings {
  readonly limitMib: number
  readonly what: string // 'a job file'
}

// `problem` completes the file's name: 'is a folder, not a job file'.
export const readTextFile = async (path: string, { cwd, env, limitMib, what }: TextFile): Promise<ReadText> => {
  const wrong = (problem: string, missing = false): ReadText => ({ ok: false, missing, problem })
  const absolute = resolvePath(path, cwd)
  try {
    const found = await stat(absolute)
    if (found.isDirectory()) return wrong(`is a folder, not ${what}`)
    // A checkout may be a stranger's: a link in it must not tell what this machine keeps elsewhere.
    if (await leavesCheckout(absolute, { cwd, env })) return wrong(`is a link that leads out of the checkout; put ${what} itself there`)
    // Looked at again through the descriptor that is read: its name may lead elsewhere by now.
    const bytes = found.isFile() ? await readBounded(absolute, limitMib * 1024 * 1024) : 'not a file'
    if (bytes === 'not a file') return wrong(`is a device, socket or pipe, not ${what}`)
    if (bytes === 'too large') return wrong(`is larger than ${limitMib} MiB, too large for ${what}`)
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (error) {
    if (error instanceof TypeError) return wrong('is not UTF-8 text')
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const missing = code === 'ENOENT' || code === 'ENOTDIR'
    return missing ? wrong('does not exist; paths are relative to the working folder', true) : wrong(`cannot be read: ${code}`)
  }
}
