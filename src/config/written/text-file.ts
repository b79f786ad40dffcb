// Reads small text files that a user names, with a sentence for everything that can be wrong with one.
import { stat } from 'node:fs/promises'
import { readNamed, resolvePath, type Surroundings } from '../../host/checkout'

export type ReadText =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly missing: boolean; readonly problem: string }

interface TextFile extends Surroundings {
  readonly limitMib: number
  readonly what: string // 'a job file'
}

// `problem` completes the file's name: 'is a folder, not a job file'.
export const readTextFile = async (path: string, { limitMib, what, ...surroundings }: TextFile): Promise<ReadText> => {
  const wrong = (problem: string, missing = false): ReadText => ({ ok: false, missing, problem })
  try {
    const bytes = await readNamed(path, limitMib * 1024 * 1024, surroundings)
    if (bytes === 'leads out') return wrong(`is a link that leads out of the checkout, or nowhere; put ${what} itself there`)
    if (bytes === 'not a file') {
      const isFolder = (await stat(resolvePath(path, surroundings.cwd))).isDirectory()
      return wrong(`is a ${isFolder ? 'folder' : 'device, socket or pipe'}, not ${what}`)
    }
    if (typeof bytes === 'string') return wrong(`is larger than ${limitMib} MiB, too large for ${what}`)
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (error) {
    if (error instanceof TypeError) return wrong('is not UTF-8 text')
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    const missing = code === 'ENOENT' || code === 'ENOTDIR'
    return missing ? wrong('does not exist; paths are relative to the working folder', true) : wrong(`cannot be read: ${code}`)
  }
}
