import type { ImageRequest } from '../../config/job'
import { JobError } from '../../errors'
import { fromName, fromNamed, type FoundStatements, type StatementSearch } from './checksum-sources'
import { fromBeside } from './checksums-beside'
import { parseChecksum, type Expected } from '../../lib/digests'
import type { Resolved, Vouched } from '../resolved'
import { readSigningKey } from './signing-key'
import { atLeast, levels, strongest, type Level, type Statement } from './statement'

// What an image must be, and how far that proves it.
export interface Verification {
  readonly expected: readonly Expected[] // all must hold
  readonly level: Level
  readonly by: string // for the report
}

export type VerificationOptions = Pick<StatementSearch, 'keys' | 'network' | 'gpgv' | 'cwd' | 'warn'>

// Finds out who says what the image must be: the user, a file that the user names, whoever the image's name stands for, or a file beside the
// image. config-error: what is asked contradicts itself. image-error: less is proven than `verify` asks for, or a signature is wrong.
// infra-error: what is needed cannot be fetched, or a signature is, and there is no gpgv.
export const verification = async (request: ImageRequest, resolved: Resolved, options: VerificationOptions): Promise<Verification> => {
  const { checksum, checksumFile, signingKey, verify } = request
  const { warn, keys, cwd, network } = options
  if (verify === 'none') {
    if ((checksum ?? checksumFile ?? signingKey) !== undefined) warn('verify is none: the checksum or key that is given is not looked at')
    return { expected: [], level: 'none', by: 'nothing: verify is none' }
  }
  const signers = signingKey === undefined ? ({ kind: 'pinned', keys } as const) : await readSigningKey(signingKey, cwd, network)
  const wanted = wantedLevel(request)
  const known = [...(checksum === undefined ? [] : [given(checksum)]), ...resolved.digests.map(vouched)]
  const found = await fromFiles(request, known, { ...options, resolved, wanted, signers })
  const statements = [...known, ...found.statements]
  const best = strongest(statements)
  const level = best?.level ?? 'none'
  if (!atLeast(level, wanted)) throw insufficient(request, resolved, best, found)
  return {
    expected: statements.flatMap(({ digests }) => digests),
    level,
    by: best === undefined ? nothing(found) : proof(statements, best, warn),
  }
}

// A key is given to be used.
const wantedLevel = ({ verify, signingKey }: ImageRequest): Level => {
  if (verify === 'signature' || signingKey !== undefined) return 'signature'
  return verify === 'checksum' ? 'checksum' : 'none'
}

// The file that the user names; else those of the image's name, or what lies beside the image, unless the user's digest is enough.
const fromFiles = async (
  { checksum, checksumFile }: ImageRequest,
  known: readonly Statement[],
  search: StatementSearch,
): Promise<FoundStatements> => {
  const { resolved, wanted } = search
  if (checksumFile !== undefined) return fromNamed(checksumFile, search)
  const enough = wanted !== 'signature' && known.some(({ level }) => level !== 'none')
  if (!(enough && (checksum !== undefined || wanted === 'checksum'))) {
    if (resolved.checksumFiles.length > 0) return fromName(resolved.checksumFiles, enough, search)
    if (resolved.digests.length === 0) return fromBeside(search)
  }
  return { statements: [], looked: [] }
}

const given = (checksum: string): Statement => {
  const digest = parseChecksum(checksum)
  return {
    digests: [digest],
    level: 'checksum',
    by: `${digest.algorithm} ${digest.from}`,
    unsigned: 'the checksum that is given with the job is not signed',
  }
}

const vouched = ({ trusted, algorithm, hex, from }: Vouched): Statement => ({
  digests: [{ algorithm, hex, from }],
  by: `${algorithm} ${from}`,
  unsigned: `the digest ${from} is not signed`,
  ...(trusted ? { level: 'checksum' } : { level: 'none', doubt: `the digest ${from} did not come over https from the publisher` }),
})

const nothing = ({ looked }: FoundStatements): string =>
  `nothing: no checksum was given${looked.length === 0 ? '' : ', and there is none beside the image'}`

// The words for the report; what is amiss is a warning as well.
const proof = (statements: readonly Statement[], best: Statement, warn: (text: string) => void): string => {
  if (best.level === 'none') {
    warn(`nothing proves the image: it is compared with ${best.by}, but ${best.doubt ?? ''}`)
    return `nothing that counts: ${best.by}, but ${best.doubt ?? ''}`
  }
  const unverified = statements.find((statement) => statement.unverified !== undefined)?.unverified
  if (best.level === 'checksum' && unverified !== undefined) warn(`no signature proves the image: ${unverified}`)
  const proofs = statements.filter(({ level }) => level !== 'none')
  return proofs
    .toSorted((left, right) => levels.indexOf(right.level) - levels.indexOf(left.level))
    .map(({ by }) => by)
    .join('; ')
}

// Less is proven than is asked for.
const insufficient = (
  { verify, signingKey }: ImageRequest,
  { source, digests, unsigned }: Resolved,
  best: Statement | undefined,
  { statements, looked }: FoundStatements,
): JobError => {
  const signature = verify === 'signature' || signingKey !== undefined
  const asked = verify === 'auto' ? 'a signing-key is given' : `verify is ${verify}`
  // Who asks for a signature that nobody made is best told what there is instead.
  const content = verify === 'signature' && signingKey === undefined && best?.level === 'checksum'
  const less = content ? `With \`verify: checksum\` it is taken for proven by: ${best.by}. For more, give` : 'Give'
  const hint = signature
    ? `${less} a \`checksum-file\` that is signed inside, or as FILE.asc, .gpg, .sig or .sign; \`signing-key\` names a key of your own.`
    : 'Give the digest as `checksum: sha256:…` from somewhere you trust, or a `checksum-file` that is signed or comes over https.'
  const needed = signature ? 'signed checksum file' : 'checksum'
  // Nobody was asked, or only the folder of a local image: nobody is at fault but the job.
  if (digests.length === 0 && (looked.length === 0 || (source.kind === 'file' && statements.length === 0))) {
    const beside = looked.length === 0 ? '' : `, and none lies beside ${source.shown}`
    return new JobError('config-error', `${asked}, but no ${needed} is given${beside}`, { hint })
  }
  const what = strongest(statements) ?? (digests.length > 0 ? best : undefined)
  const why = signature ? (strongest(statements)?.unsigned ?? unsigned ?? what?.unsigned) : what?.doubt
  const missing = `no ${needed} of ${source.shown} was found; looked for: ${looked.join(', ')}`
  return new JobError('image-error', `${asked}, but ${why ?? missing}`, { hint })
}
