// Whether images are kept, where, and how much of them.
import { resolvePath } from './checkout'
import { defined } from './defined'
import { inputs as table, type GivenInputs } from './fields/inputs'
import type { Job } from './job'
import type { Report } from './problems'
import { defaultOf } from './types/scalar'

export const imageCache = (given: GivenInputs, cwd: string, report: Report): Job['cache'] => {
  const { cache, 'cache-dir': dir, 'cache-size': maxBytes } = given
  if (cache === undefined && (dir ?? maxBytes) !== undefined)
    report(`the input \`${dir === undefined ? 'cache-size' : 'cache-dir'}\` means nothing without \`cache: true\``)
  if (cache !== true) return undefined
  return {
    maxBytes: maxBytes ?? defaultOf(table['cache-size']),
    ...defined({ dir: dir === undefined ? undefined : resolvePath(dir, cwd) }),
  }
}
