import { lstatSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'

// The first link on the way to a folder, the folder itself included, of those that a checkout may have brought. Above the checkout, or outside
// of it, the host's own links are as good as folders, and only the folder itself is looked at.
export const linkOnTheWay = (path: string, checkout: string | undefined): string | undefined => {
  const names = checkout === undefined ? [] : relative(checkout, path).split(sep)
  const inside = checkout !== undefined && names[0] !== '..' && !isAbsolute(names.join(sep))
  const paths = inside ? names.map((_, index) => join(checkout, ...names.slice(0, index + 1))) : [resolve(path)]
  return paths.find(isLink)
}

const isLink = (path: string): boolean => {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false // whoever goes there is told
  }
}
