import { JobError } from '../../errors'
import type { ImageFacts } from '../../results'
import { digestsFor } from './checksum-file'
import type { Expected } from '../../lib/digests'
import { checkSignature, type Checked, type Document, type Signers } from './signatures/check'
import { isClearSigned, wordsOf } from './signatures/clear-signed'
import type { Gpgv } from './signatures/gpgv'
import type { SmallFile } from '../../fetch/small-file'

// How far an image is proven: by a digest that a pinned key signed, by a digest from somebody who may say so, or not at all.
export type Level = ImageFacts['verified']
export const levels: readonly Level[] = ['none', 'checksum', 'signature'] // from the weakest
export const atLeast = (level: Level, wanted: Level): boolean => levels.indexOf(level) >= levels.indexOf(wanted)

// What somebody says an image must be.
export interface Statement {
  readonly digests: readonly Expected[]
  readonly level: Level
  readonly by: string // for the report: 'sha256 from CHECKSUM, signed by 36F6…90A6 (Fedora 44)'
  readonly unsigned?: string // why the level is not signature
  readonly unverified?: string // the same, where there is a signature, but none that counts
  readonly doubt?: string // why the level is none
}

export interface StatementReading {
  readonly image: string // the name that the file must list
  readonly signers: Signers
  readonly needed: boolean // whether nothing less than a signature is enough
  readonly gpgv: Gpgv
  readonly signature: () => Promise<SmallFile | undefined> // looks for a detached one, when there is none inside
}

// Reads a checksum file. image-error: it does not list the image, or its signature proves that it was exchanged. infra-error: nobody can look
// at a signature that is needed.
export const readStatement = async (file: SmallFile, reading: StatementReading): Promise<Statement> => {
  const { image, signature } = reading
  const detached = isClearSigned(file.bytes) ? undefined : await signature()
  const checked = await check({ ...file, detached }, reading)
  if (checked.kind === 'refused') {
    throw new JobError('image-error', checked.why, {
      hint: 'Somebody exchanged the checksum file, or it is being replaced right now. If you know better, give the digest yourself: `checksum: sha256:…`.',
    })
  }
  const signed = checked.kind === 'signed'
  const from = `from ${file.name}${signed ? `, signed by ${checked.by}` : ''}`
  const digests = digestsFor(signed ? checked.text : wordsOf(file.bytes), image, file.name).map((digest) => ({ ...digest, from }))
  const by = `${digests.map(({ algorithm }) => algorithm).join(' and ')} ${from}`
  if (signed) return { digests, by, level: 'signature' }
  const rest = { digests, by, unsigned: checked.why, ...(checked.kind === 'unproven' ? { unverified: checked.why } : {}) }
  if (file.distrust === undefined) return { ...rest, level: 'checksum' }
  const also = checked.kind === 'unproven' ? `; ${checked.why}` : ', and it is not signed'
  return { ...rest, level: 'none', doubt: `${file.name} ${file.distrust}${also}` }
}

// Where less is enough, what says more is not in vain because there is no gpgv: it counts like a file without a signature.
const check = async (document: Document, { signers, needed, gpgv }: StatementReading): Promise<Checked> => {
  try {
    return await checkSignature(document, signers, gpgv)
  } catch (error) {
    gpgv.signal.throwIfAborted()
    if (needed || !(error instanceof JobError && error.outcome === 'infra-error')) throw error
    return { kind: 'unproven', why: `the signature of ${document.name} is not looked at: ${error.message}` }
  }
}

// The one that proves most; of equals the first.
export const strongest = (statements: readonly Statement[]): Statement | undefined =>
  statements.reduce<Statement | undefined>(
    (best, statement) => (best === undefined || !atLeast(best.level, statement.level) ? statement : best),
    undefined,
  )
