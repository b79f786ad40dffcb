import type { ImageRequest } from '../../config/job'
import type { Network } from '../../fetch/download'
import { noSuchSource, resolveName } from '.'
import { shownName } from './name'
import type { Resolved } from '../resolved'
import type { Key } from '../trust/signatures/keys'
import { resolveSource } from './source'
import { withoutLogin } from '../../fetch/url-login'

export interface Resolving {
  readonly network: Network
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly keys: readonly Key[] // that may sign checksum files
  readonly warn: (text: string) => void
}

// What a job's image is: a name is looked up at its publisher's; a path, a pattern or a URL stands for itself. Nothing of the image is fetched.
// image-error: it does not exist, and the message says what does. config-error: this kind of name or address is not supported.
export const resolveImage = async (
  { source: written, arch }: ImageRequest,
  { network, cwd, env, keys, warn }: Resolving,
): Promise<Resolved & { readonly asked: string }> => {
  const named = await resolveName(written, { network, env, keys, warn, arch })
  if (named !== undefined) return { ...named, asked: shownName(written) }
  const source = await resolveSource(written, { cwd, env, otherwise: () => noSuchSource(written) })
  // With its query, which may choose among files.
  const pinned = source.kind === 'url' ? { pinned: withoutLogin(source.url).href } : {}
  return { source, digests: [], checksumFiles: [], provisioning: 'unknown', asked: source.shown, ...pinned }
}
