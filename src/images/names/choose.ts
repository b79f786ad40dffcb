import { JobError } from '../../errors'
import { printable } from '../../lib/shown'
import { compareVersions, newestFirst } from './versions'

// One of the images of a release.
export interface Candidate {
  readonly file: string
  readonly variants: readonly string[] // by every word for it, the usual one first
  readonly arch: string
  readonly format: string
  readonly version: string
}

export interface Wanted {
  readonly variant: string
  readonly arch: string
  readonly format: string
  readonly version?: string | undefined // absent: the newest
}

// The one image that is meant. image-error when there is none, which says what there is, or several.
export const choose = <T extends Candidate>(candidates: readonly T[], wanted: Wanted, shown: string): T => {
  const { variant, arch, format, version } = wanted
  const narrow = (among: readonly T[], fits: (candidate: T) => boolean, missing: string, words: (candidate: T) => string | undefined) => {
    const left = among.filter(fits)
    if (left.length > 0) return left
    const others = among.map(words).filter((word) => word !== undefined)
    throw noSuchImage(shown, missing, others)
  }
  const variants = narrow(
    candidates,
    (one) => one.variants.some((name) => sameVariant(name, variant)),
    `no image of the variant ${variant}`,
    (one) => one.variants[0],
  )
  const arches = narrow(
    variants,
    (one) => one.arch === arch,
    `no image for ${arch}`,
    (one) => one.arch,
  )
  const formats = narrow(
    arches,
    (one) => one.format === format,
    `no image in the format ${format}`,
    (one) => one.format,
  )
  const versions =
    version === undefined
      ? formats
      : narrow(
          formats,
          (one) => one.version === version,
          `no version ${version}`,
          (one) => one.version,
        )
  const [best, ...others] = versions.toSorted((left, right) => compareVersions(right.version, left.version))
  if (best === undefined) throw noSuchImage(shown, 'no image', [])
  const equals = others.filter((other) => other.version === best.version && other.file !== best.file)
  if (equals.length > 0) {
    throw new JobError(
      'image-error',
      `${shown} stands for ${equals.length + 1} images: ${enumerate([best, ...equals].map(({ file }) => file))}`,
      {
        hint: 'Choose one by `variant` or `format`, or give its address.',
      },
    )
  }
  return best
}

// Case, - and _ do not matter.
export const sameVariant = (left: string, right: string): boolean => plain(left) === plain(right)
const plain = (variant: string): string => variant.toLowerCase().replace(/[-_ ]/g, '')

// For a name that stands for nothing: says what there is.
export const noSuchImage = (shown: string, missing: string, others: readonly string[]): JobError =>
  new JobError('image-error', `${shown}: there is ${printable(missing)}${others.length === 0 ? '' : `; there is: ${enumerate(others)}`}`, {
    hint:
      others.length === 0
        ? 'Check the name; docs/images.md lists the kinds of names.'
        : 'Choose one of these, or give the address of an image.',
  })

const most = 20

// Each once, the newest first.
const enumerate = (words: readonly string[]): string => {
  const distinct = [...new Set(words)].toSorted(newestFirst)
  return `${distinct
    .slice(0, most)
    .map((word) => printable(word))
    .join(', ')}${distinct.length > most ? ', …' : ''}`
}
