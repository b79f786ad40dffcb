import { readdir, realpath } from 'node:fs/promises'
import { basename, dirname, relative } from 'node:path'
import { editDistance } from '../../lib/edit-distance'
import { printable } from '../../lib/shown'

export const looksLikeImage = (name: string): boolean => /\.(qcow2|raw|img|box|vmdk|vhd|iso)(\.(xz|zst|gz|bz2))?$/i.test(name)

// What there is instead of a file that is missing: 'in build there are: a.qcow2, b.raw'. Of the nearest folder that exists, the likeliest first.
// Outside of the working folder, where a stranger's job file may point, nothing but images is told.
export const describeNearby = async (path: string, cwd: string): Promise<string> => {
  const dir = dirname(path)
  const shown = printable(relative(cwd, dir) === '' ? 'the working folder' : relative(cwd, dir).startsWith('..') ? dir : relative(cwd, dir))
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => undefined)
  if (entries === undefined) return dir === dirname(dir) ? '' : `${shown} does not exist; ${await describeNearby(dir, cwd)}`
  const tells = (await isBelow(dir, cwd)) ? () => true : looksLikeImage
  const wanted = basename(path).slice(0, 100).toLowerCase()
  const ranked = entries
    .slice(0, 2000)
    .filter(({ name }) => !name.startsWith('.') && tells(name))
    .map((entry) => ({
      name: entry.isDirectory() ? `${entry.name}/` : entry.name,
      rank: editDistance(wanted, entry.name.slice(0, 100).toLowerCase()) - (looksLikeImage(entry.name) ? 20 : 0),
    }))
    .sort((left, right) => left.rank - right.rank)
  if (ranked.length === 0) return entries.length === 0 ? `${shown} is empty` : `${shown} has no image in it`
  const more = ranked.length > 5 ? ` and ${ranked.length - 5} more` : ''
  return `in ${shown} there ${ranked.length === 1 ? 'is' : 'are'}: ${ranked
    .slice(0, 5)
    .map(({ name }) => printable(name))
    .join(', ')}${more}`
}

const isBelow = async (dir: string, cwd: string): Promise<boolean> => {
  const inside = relative(await realpath(cwd), await realpath(dir))
  return inside !== '..' && !inside.startsWith('../')
}
