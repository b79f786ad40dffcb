// Names of images: what stands before the colon chooses a source, which knows its publisher.
import { JobError } from '../../errors'
import { alternatives, didYouMean } from '../../lib/wording'
import type { Resolved } from '../resolved'
import { almalinuxNames } from './publishers/almalinux'
import { archLinuxNames } from './publishers/arch-linux'
import type { Architecture } from '../../lib/architecture'
import { centosStreamNames } from './publishers/centos-stream'
import { compose } from './publishers/fedora/compose'
import { debianNames } from './publishers/debian'
import { fedoraNames } from './publishers/fedora/fedora'
import { fedoraCoreosNames } from './publishers/fedora/fedora-coreos'
import { parseName, shownName, unknownSource } from './name'
import type { Lookup, NameSource } from './name-source'
import { opensuseNames } from './publishers/opensuse'
import { rockyNames } from './publishers/rocky'
import { ubuntuNames } from './publishers/ubuntu'
import { vagrant } from './publishers/vagrant/vagrant'

// A new kind of name is a file of its own and a line here.
export const nameSources: readonly NameSource[] = [
  fedoraNames,
  fedoraCoreosNames,
  centosStreamNames,
  almalinuxNames,
  rockyNames,
  debianNames,
  ubuntuNames,
  opensuseNames,
  archLinuxNames,
  compose,
  vagrant,
]

// Tells what a name stands for; undefined for what is no name. Fetches metadata, never an image.
export const resolveName = async (
  text: string,
  { arch: ofJob, ...lookup }: Omit<Lookup, 'arch'> & { readonly arch?: Architecture | undefined },
): Promise<Resolved | undefined> => {
  const found = parseName(text, nameSources)
  if (found === undefined) return undefined
  const { name, source } = found
  if (name.query.arch !== undefined && ofJob !== undefined && name.query.arch !== ofJob) {
    throw new JobError('config-error', `${name.shown} asks for ${name.query.arch}, but the job for ${ofJob}`, {
      hint: 'Leave out one of the two.',
    })
  }
  const asked = name.query.arch ?? ofJob ?? 'x86_64'
  return { arch: asked, ...(await source.resolve(name, { ...lookup, arch: asked })) }
}

// For a text that is neither a name nor a file: undefined when it does not look like a name either.
export const noSuchSource = (text: string): JobError | undefined => {
  const source = unknownSource(text)
  if (source === undefined) return undefined
  const known = nameSources.map(({ name }) => name)
  return new JobError(
    'config-error',
    `${shownName(text.replace(/\?.*$/s, ''))} is no image's name that is known${didYouMean(source, known)}`,
    {
      hint: `Names begin with ${alternatives(known.map((name) => `${name}:`))}; else give the path of an image file or its URL.`,
    },
  )
}
