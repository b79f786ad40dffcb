// Whether images are kept, where, and how much of them.
import { linkInCheckout } from '../host/files/links'
import { resolvePath, rootsOf, type Surroundings } from '../host/checkout'
import { defined } from './defined'
import { inputs as table, type GivenInputs } from './fields/inputs'
import type { Job } from './job'
import type { Report } from './problems'
import { defaultOf } from './types/scalar'

export const imageCache = (given: GivenInputs, surroundings: Surroundings, report: Report): Job['cache'] => {
  const { cache, 'cache-dir': dir, 'cache-size': maxBytes } = given
  if (cache === undefined && (dir ?? maxBytes) !== undefined)
    report(`the input \`${dir === undefined ? 'cache-size' : 'cache-dir'}\` means nothing without \`cache: true\``)
  if (cache !== true) return undefined
  const folder = dir === undefined ? undefined : resolvePath(dir, surroundings.cwd)
  // What lies outside is the host's own, also a link.
  const link = folder === undefined ? undefined : linkInCheckout(folder, rootsOf(surroundings))
  if (link !== undefined) report(`the input \`cache-dir\` leads through the link ${link} of the checkout: give the folder itself`)
  return {
    maxBytes: maxBytes ?? defaultOf(table['cache-size']),
    ...defined({ dir: folder }),
  }
}
