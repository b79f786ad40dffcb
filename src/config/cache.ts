// Whether images are kept, where, and how much of them.
import { linkOnTheWay } from '../lib/links'
import { resolvePath } from './checkout'
import { defined } from './defined'
import { inputs as table, type GivenInputs } from './fields/inputs'
import type { Job } from './job'
import type { Report } from './problems'
import { defaultOf } from './types/scalar'

// What lies outside is the host's own, also a link.
const linkInCheckout = (folder: string, cwd: string): string | undefined => {
  const link = linkOnTheWay(folder, cwd)
  return link?.startsWith(`${cwd}/`) === true ? link : undefined
}

export const imageCache = (given: GivenInputs, cwd: string, report: Report): Job['cache'] => {
  const { cache, 'cache-dir': dir, 'cache-size': maxBytes } = given
  if (cache === undefined && (dir ?? maxBytes) !== undefined)
    report(`the input \`${dir === undefined ? 'cache-size' : 'cache-dir'}\` means nothing without \`cache: true\``)
  if (cache !== true) return undefined
  const folder = dir === undefined ? undefined : resolvePath(dir, cwd)
  const link = folder === undefined ? undefined : linkInCheckout(folder, cwd)
  if (link !== undefined) report(`the input \`cache-dir\` leads through the link ${link} of the checkout: give the folder itself`)
  return {
    maxBytes: maxBytes ?? defaultOf(table['cache-size']),
    ...defined({ dir: folder }),
  }
}
