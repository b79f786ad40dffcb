// Versions and requirements as RubyGems has them, since that is how Vagrant chooses. They are not semantic versions: in 41-20241024.0 the
// hyphen means .pre., so that `>= 41` does not match it, and any letter makes a prerelease.
// https://docs.ruby-lang.org/en/3.1/Gem/Version.html, Gem/Requirement.html

export interface GemVersion {
  readonly segments: readonly (number | string)[]
  readonly prerelease: boolean
}

const pattern = String.raw`[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`

// undefined for what is no version; an empty one is 0.
export const parseVersion = (text: string): GemVersion | undefined => {
  const trimmed = text.trim() === '' ? '0' : text.trim()
  if (!new RegExp(`^${pattern}$`).test(trimmed)) return undefined
  const written = trimmed.replaceAll('-', '.pre.').match(/[0-9]+|[a-z]+/gi) ?? []
  const segments = written.map((part) => (/^\d/.test(part) ? Number(part) : part))
  return { segments, prerelease: segments.some((segment) => typeof segment === 'string') }
}

// Negative when left is the older one.
export const compareGemVersions = (left: GemVersion, right: GemVersion): number => {
  const [a, b] = [canonical(left), canonical(right)]
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const [one, other] = [a[index] ?? 0, b[index] ?? 0]
    if (one === other) continue
    if (typeof one === 'number' && typeof other === 'number') return one - other
    // A word is older than any number: that is what makes it a prerelease.
    if (typeof one === 'string' && typeof other === 'string') return one < other ? -1 : 1
    return typeof one === 'string' ? -1 : 1
  }
  return 0
}

// Zeros at the end of the numbers, and of what follows the first word, count for nothing.
const canonical = ({ segments }: GemVersion): readonly (number | string)[] => {
  const word = segments.findIndex((segment) => typeof segment === 'string')
  const numbers = word === -1 ? segments : segments.slice(0, word)
  return [...withoutZeros(numbers), ...withoutZeros(word === -1 ? [] : segments.slice(word))]
}

const withoutZeros = (segments: readonly (number | string)[]): readonly (number | string)[] =>
  segments.slice(0, segments.findLastIndex((segment) => segment !== 0) + 1)

export type Requirement = (version: GemVersion) => boolean

// Reads a constraint such as `>= 41, < 42`; all its parts must hold. undefined when it is none.
export const parseRequirement = (text: string): Requirement | undefined => {
  // As Ruby's split: what is empty at the end is left out.
  const parts = text.replace(/[,\s]*$/, '').split(',')
  const tests = parts.map((part) => (parts.length === 1 && part.trim() === '' ? () => true : readPart(part)))
  const known = tests.filter((test) => test !== undefined)
  return known.length === tests.length ? (version) => known.every((test) => test(version)) : undefined
}

const readPart = (text: string): Requirement | undefined => {
  const [, operator = '=', written] = new RegExp(`^\\s*(=|!=|>=|<=|~>|>|<)?\\s*(${pattern})\\s*$`).exec(text) ?? []
  const wanted = written === undefined ? undefined : parseVersion(written)
  if (wanted === undefined) return undefined
  return (version) => {
    const order = compareGemVersions(version, wanted)
    switch (operator) {
      case '!=':
        return order !== 0
      case '>':
        return order > 0
      case '<':
        return order < 0
      case '>=':
        return order >= 0
      case '<=':
        return order <= 0
      case '~>':
        return order >= 0 && compareGemVersions(release(version), bump(wanted)) < 0
      default:
        return order === 0
    }
  }
}

const numbersOf = ({ segments }: GemVersion): readonly (number | string)[] => {
  const word = segments.findIndex((segment) => typeof segment === 'string')
  return word === -1 ? segments : segments.slice(0, word)
}

const release = (version: GemVersion): GemVersion => ({ segments: numbersOf(version), prerelease: false })

// The next version that ~> does not take: without the last number, and the one before that counted up.
const bump = (version: GemVersion): GemVersion => {
  const numbers = numbersOf(version)
  const kept = numbers.length > 1 ? numbers.slice(0, -1) : numbers
  return { segments: [...kept.slice(0, -1), Number(kept.at(-1) ?? 0) + 1], prerelease: false }
}
