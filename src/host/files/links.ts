import { lstatSync, realpathSync } from 'node:fs'
import { isAbsolute, join, relative, resolve, sep } from 'node:path'

// The first link on the way to a path, the path itself included, of those that a checkout may have brought. Above the checkouts, or outside
// of them, the host's own links are as good as folders.
export const linkInCheckout = (path: string, checkouts: readonly string[]): string | undefined =>
  checkouts.flatMap((checkout) => [checkout, realOf(checkout)].flatMap((root) => linkBelow(root, path) ?? []))[0]

// The same, but the path itself may be no link wherever it lies.
export const linkOnTheWay = (path: string, checkouts: readonly string[]): string | undefined =>
  linkInCheckout(path, checkouts) ?? [resolve(path)].find(isLink)

// A path may name the checkout by its real name where the checkout is a link, and the other way round.
const realOf = (checkout: string): string => {
  try {
    return realpathSync(checkout)
  } catch {
    return checkout
  }
}

// undefined also where the path lies elsewhere.
export const linkBelow = (root: string, path: string): string | undefined => {
  const names = relative(root, path).split(sep)
  if (names[0] === '' || names[0] === '..' || isAbsolute(names.join(sep))) return undefined
  return names.map((_, index) => join(root, ...names.slice(0, index + 1))).find(isLink)
}

const isLink = (path: string): boolean => {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false // whoever goes there is told
  }
}
