import { fingerprintsOf } from '../../trust/signatures/keys'
import { urlOf } from '../base-urls'
import { foldersOf, imageInFolder, releaseOf } from '../folder'
import { formatOfFile, type Format } from '../formats'
import type { NameSource } from '../name-source'

const offered: readonly Format[] = ['qcow2']

// The server's own list of a folder; what it shows to people is a program.
const listed = (url: URL): URL => new URL('?jsontable', `${url.href}/`)

// opensuse:16.0, which is Leap
export const opensuse: NameSource = {
  name: 'opensuse',
  takes: ['variant', 'format', 'arch', 'version'],
  example: 'opensuse:16.0',
  resolve: async (name, lookup) => {
    const { env, arch } = lookup
    const releases = () => foldersOf(listed(urlOf(env, 'IMAGE_TEST_OPENSUSE', 'distribution', 'leap')), /^(\d+\.\d+)$/, lookup)
    const release = await releaseOf(name, /^\d+\.\d+$/, releases)
    return imageInFolder(
      name,
      {
        folder: listed(urlOf(env, 'IMAGE_TEST_OPENSUSE', 'distribution', 'leap', release, 'appliances')),
        // Leap-16.0-Minimal-VM.x86_64-Cloud-Build18.71.qcow2, and without the build the same image until the next one
        read: (file) => {
          const [, found, variant, version = ''] =
            /^(?:openSUSE-)?Leap-[\d.]+-Minimal-VM\.(\w+)-(?:[\d.]+-)?([A-Za-z][\w-]*?)(?:-(Build[\d.]*\d))?\.qcow2$/.exec(file) ?? []
          const format = formatOfFile(file)
          return variant === undefined || format === undefined || found !== arch ? undefined : { variant, version, format }
        },
        formats: offered,
        variant: 'Cloud',
        seedless: ['kvm-and-xen'],
        user: 'opensuse',
        release,
        checksumFile: (image) => ({
          url: new URL(`${image.href}.sha256`),
          signature: { kind: 'detached', url: new URL(`${image.href}.sha256.asc`) },
          keys: fingerprintsOf('opensuse', undefined, lookup.keys),
          trusted: true,
        }),
        releases,
      },
      lookup,
    )
  },
}
