import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf } from '../../lib/error-code'

// Makes a folder and those above it, unless they are there. Node's own way with `recursive` goes round for ever, deaf to signals, below a folder
// such as /proc, where nothing can be made and the system says that the folder above is missing.
export const makeFolder = (path: string, mode = 0o777): void => {
  if (isFolder(path)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above, mode)
  try {
    mkdirSync(path, mode)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !isFolder(path)) throw error // somebody else may have made it meanwhile
  }
}

const isFolder = (path: string): boolean => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false // making it tells what is wrong
  }
}
