// What can come of an image and its checksum file on their way; each is brought about with real keys, signatures and servers.
import { pathToFileURL } from 'node:url'
import type { ImageRequest } from '../../../src/config/job'
import type { Key } from '../../../src/images/trust/signatures/keys'
import type { TestServer } from '../../support/server'
import type { Signer } from '../../support/signer'

export interface Stage {
  readonly origin: TestServer // https
  readonly mirror: TestServer // https, another host
  readonly open: TestServer // http
  readonly image: Buffer // as published
  readonly other: Buffer
  readonly sums: string // SHA256SUMS of the image as published
  readonly local: (name: string, content: Buffer | string) => string // the path of a file of that name
  readonly signer: Signer
  readonly keys: { readonly [K in 'pinned' | 'unknown' | 'expired' | 'brief' | 'revoked']: Key }
  readonly revokedSums: Buffer // signed by a key before it was revoked
}

// Straight over https, sent on by the origin to the mirror or down to http, straight over http, or from a folder of this machine.
type Way = 'https' | 'mirror' | 'down' | 'http' | 'local' // all that is local in one folder

export interface Situation {
  readonly name: string
  readonly image?: 'other'
  readonly imageBy?: Way
  readonly sums?: (stage: Stage) => Buffer | string // absent: there is no checksum file
  readonly sumsBy?: Way
  readonly detached?: (stage: Stage) => Buffer // SHA256SUMS.asc
  readonly request?: (stage: Stage) => Partial<ImageRequest>
}

const signed =
  (by: keyof Stage['keys'] = 'pinned', ...options: readonly string[]) =>
  ({ signer, sums, keys }: Stage): Buffer =>
    signer.clearSign(sums, keys[by], options)
const unsigned = ({ sums }: Stage): string => sums
const longAgo = ['--faked-system-time', '20240103T000000']

export const situations: readonly Situation[] = [
  { name: 'none, but `checksum` is given', request: ({ sums }) => ({ checksum: sums.slice(0, 64) }) },
  {
    name: 'none, but `checksum` is given, and the image is another',
    image: 'other',
    request: ({ sums }) => ({ checksum: sums.slice(0, 64) }),
  },
  { name: 'signed by a known key', sums: signed() },
  {
    name: 'signed in a file of its own (`SHA256SUMS.asc`), by a known key and by another',
    sums: unsigned,
    detached: ({ signer, sums, keys }) => signer.detach(sums, [keys.unknown, keys.pinned]),
  },
  { name: 'signed, fetched over http', sums: signed(), imageBy: 'http', sumsBy: 'http' },
  { name: 'signed, and the publisher redirects to a mirror', sums: signed(), imageBy: 'mirror', sumsBy: 'mirror' },
  { name: 'signed, and the publisher redirects from https to http', sums: signed(), imageBy: 'down', sumsBy: 'down' },
  { name: 'signed, but the image is another, as from a mirror that was broken into', sums: signed(), image: 'other', imageBy: 'mirror' },
  {
    name: 'changed after it was signed',
    sums: (stage) =>
      signed()(stage)
        .toString()
        .replace(/(?<=\n)[0-9a-f]{8}/, '00000000'),
  },
  { name: 'signed by a key that is not known', sums: signed('unknown') },
  { name: 'signed by a key that is not known, fetched over http', sums: signed('unknown'), imageBy: 'http', sumsBy: 'http' },
  { name: 'signed by a key that has expired', sums: signed('expired', ...longAgo) },
  { name: 'signed with a signature that has expired', sums: signed('brief', ...longAgo, '--default-sig-expire', '1d') },
  { name: 'signed by a key that was revoked', sums: ({ revokedSums }) => revokedSums },
  { name: 'not signed, over https from where the image is', sums: unsigned },
  {
    name: 'not signed, but the image is another, as from a mirror that was broken into',
    sums: unsigned,
    image: 'other',
    imageBy: 'mirror',
  },
  { name: 'not signed, and the publisher redirects to a mirror for it', sums: unsigned, sumsBy: 'mirror' },
  { name: 'not signed, and the publisher redirects from https to http for it', sums: unsigned, sumsBy: 'down' },
  { name: 'not signed, fetched over http', sums: unsigned, imageBy: 'http', sumsBy: 'http' },
  { name: 'not signed, fetched over http, and the image is another', image: 'other', sums: unsigned, imageBy: 'http', sumsBy: 'http' },
  { name: 'not signed, for an image that is redirected from https to http', sums: unsigned, imageBy: 'down' },
  {
    name: 'not signed, redirected from https to http as the image is',
    sums: unsigned,
    sumsBy: 'down',
    imageBy: 'down',
  },
  { name: 'nowhere to be found' },
  { name: 'nowhere to be found, for an image that is redirected from https to http', imageBy: 'down' },
  { name: 'not given and not beside it, for an image in a folder', imageBy: 'local' },
  { name: 'not signed, beside an image in a folder', imageBy: 'local', sums: unsigned, sumsBy: 'local' },
  { name: 'not signed, beside an image in a folder that is another', image: 'other', imageBy: 'local', sums: unsigned, sumsBy: 'local' },
  { name: 'signed by a known key, beside an image in a folder', imageBy: 'local', sums: signed(), sumsBy: 'local' },
  { name: 'signed by a key that is not known, beside an image in a folder', imageBy: 'local', sums: signed('unknown'), sumsBy: 'local' },
  {
    name: 'not signed, a file of yours (`checksum-file`)',
    imageBy: 'local',
    request: ({ local, sums }) => ({ checksumFile: pathToFileURL(local('SUMS', sums)).href }),
  },
  { name: 'signed by your `signing-key`', sums: signed('unknown'), request: ({ keys }) => ({ signingKey: keys.unknown.armored }) },
  { name: 'signed, but not by your `signing-key`', sums: signed(), request: ({ keys }) => ({ signingKey: keys.unknown.armored }) },
]

// Puts everything into its place, and tells what is asked for.
export const bringAbout = (situation: Situation, stage: Stage): Partial<ImageRequest> & { readonly source: string } => {
  const { image, imageBy = 'https', sums, sumsBy = 'https', detached, request } = situation
  const put = (path: string, content: Buffer, way: Way): string => {
    switch (way) {
      case 'https':
        return stage.origin.put(path, content)
      case 'http':
        return stage.open.put(path, content)
      case 'mirror':
      case 'down': {
        const to = (way === 'mirror' ? stage.mirror : stage.open).put(path, content)
        return stage.origin.put(path, { content: '', always: { kind: 'redirect', to } })
      }
      case 'local':
        return stage.local(path.slice(1), content)
    }
  }
  if (sums !== undefined) put('/SHA256SUMS', Buffer.from(sums(stage)), sumsBy)
  if (detached !== undefined) put('/SHA256SUMS.asc', detached(stage), sumsBy)
  return { source: put('/disk.raw', image === 'other' ? stage.other : stage.image, imageBy), ...request?.(stage) }
}
