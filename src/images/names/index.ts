// Names of images: what stands before the colon chooses a source, which knows its publisher.
import { JobError } from '../../errors'
import { alternatives, didYouMean } from '../../config/wording'
import type { Resolved } from '../resolved'
import type { Architecture } from './architecture'
import { parseName, shownName, unknownSource } from './name'
import type { Lookup, NameSource } from './name-source'

// A new kind of name is a file of its own and a line here.
export const nameSources: readonly NameSource[] = []

// Tells what a name stands for; undefined for what is no name. Fetches metadata, never an image.
export const resolveName = async (
  text: string,
  { arch, ...lookup }: Omit<Lookup, 'arch'> & { readonly arch?: Architecture | undefined },
): Promise<Resolved | undefined> => {
  const found = parseName(text, nameSources)
  if (found === undefined) return undefined
  const { name, source } = found
  if (name.query.arch !== undefined && arch !== undefined && name.query.arch !== arch) {
    throw new JobError('config-error', `${name.shown} asks for ${name.query.arch}, but the job for ${arch}`, {
      hint: 'Leave out one of the two.',
    })
  }
  const asked = name.query.arch ?? arch ?? 'x86_64'
  return { arch: asked, ...(await source.resolve(name, { ...lookup, arch: asked })) }
}

// For a text that is neither a name nor a file: undefined when it does not look like a name either.
export const noSuchSource = (text: string): JobError | undefined => {
  const source = unknownSource(text)
  if (source === undefined) return undefined
  const known = nameSources.map(({ name }) => name)
  return new JobError('config-error', `${shownName(text)} is no image's name that is known${didYouMean(source, known)}`, {
    hint: `Names begin with ${alternatives(known.map((name) => `${name}:`))}; else give the path of an image file or its URL.`,
  })
}
