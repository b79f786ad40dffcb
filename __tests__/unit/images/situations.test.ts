import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { toJobError } from '../../../src/errors'
import { certificate } from '../../support/certificate'
import { folder, inFolder, obtaining, rawDisk } from '../../support/make'
import { startServer } from '../../support/server'
import { createSigner, type Signer } from '../../support/signer'
import { bringAbout, situations, type Situation, type Stage } from './situations'

const image = rawDisk(256 * 1024)
const other = rawDisk(256 * 1024, 2)
const sums = `${createHash('sha256').update(image).digest('hex')}  disk.raw\n`

let signer: Signer
let keys: Stage['keys']
let revokedSums: Buffer
beforeAll(() => {
  signer = createSigner()
  const long = { at: '20240101T000000' }
  keys = {
    pinned: signer.key('Publisher'),
    unknown: signer.key('Somebody'),
    expired: signer.key('Expired', { ...long, lasts: '10d' }),
    brief: signer.key('Brief', long),
    revoked: signer.key('Revoked'),
  }
  revokedSums = signer.clearSign(sums, keys.revoked)
  keys = { ...keys, revoked: signer.revoke(keys.revoked) }
})
afterAll(() => {
  signer.close()
  delete https.globalAgent.options.ca
})

const modes = ['signature', 'checksum', 'auto'] as const
type Mode = (typeof modes)[number]

interface Ending {
  readonly cell: string
  readonly sentence: string
}

// What becomes of a situation: once with servers of its own.
const ending = async (situation: Situation, verify: Mode): Promise<Ending> => {
  const tls = certificate()
  https.globalAgent.options.ca = tls.cert
  await using origin = await startServer({ tls })
  await using mirror = await startServer({ tls })
  await using open = await startServer()
  const here = folder()
  const local: Stage['local'] = (name, content) => inFolder(name, content, here)
  const stage: Stage = { origin, mirror, open, image, other, sums, signer, keys, revokedSums, local }
  const { source, ...request } = bringAbout(situation, stage)
  const pinned = [keys.pinned, keys.expired, keys.brief, keys.revoked]
  const plain = (text: string): string => {
    const names = { origin, mirror, open }
    const named = Object.entries(names).reduce((shown, [name, { origin: address }]) => {
      return shown.replaceAll(address, `${address.split(':')[0] ?? ''}://${name}`).replaceAll(new URL(address).host, name)
    }, text)
    const owned = Object.entries(keys).reduce((shown, [name, { fingerprint }]) => {
      const short = `${fingerprint.slice(0, 4)}…${fingerprint.slice(-4)}`
      return shown.replaceAll(fingerprint.slice(-16), `KEY-${name}`).replaceAll(short, `KEY-${name}`)
    }, named)
    return owned.replaceAll(source, 'disk.raw').replaceAll(/\b[0-9a-f]{64}\b/g, 'HEX')
  }
  const { disks, warnings } = obtaining(source, { request: { ...request, verify }, keys: pinned, limits: { besideMs: 5000 } })
  try {
    const { facts } = await disks
    const warned = warnings.length > 0 ? ', with a warning' : ''
    return {
      cell: `${facts.verified === 'none' ? '⚠️' : '✅'} ${facts.verified}${warned}`,
      sentence: plain([facts.verifiedBy, ...warnings].join('\n  ')),
    }
  } catch (thrown) {
    const { outcome, message } = toJobError(thrown)
    return { cell: `❌ \`${outcome}\``, sentence: plain(message) }
  }
}

const known = new Map<Situation, readonly Ending[]>()
const endings = async (situation: Situation): Promise<readonly Ending[]> => {
  const found = known.get(situation) ?? []
  if (found.length === 0) for (const mode of modes) known.set(situation, [...(known.get(situation) ?? []), await ending(situation, mode)])
  return known.get(situation) ?? []
}

it.each(situations.map((situation) => [situation.name, situation] as const))('checksum file: %s', async (_name, situation) => {
  const sentences = (await endings(situation)).map(({ sentence }, index) => `${modes[index] ?? ''}: ${sentence}`)
  expect(sentences.join('\n')).toMatchSnapshot()
})

it('docs/images.md tells how each ends', async () => {
  const rows = await Promise.all(
    situations.map(async (situation) => [situation.name, ...(await endings(situation)).map(({ cell }) => cell)]),
  )
  const head = [
    ['checksum file', ...modes.map((mode) => `\`verify: ${mode}\``)],
    ['---', '---', '---', '---'],
  ]
  const table = [...head, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  const file = join(import.meta.dirname, '../../../docs/images.md')
  const text = readFileSync(file, 'utf8')
  const [before, after] = ['<!-- prettier-ignore-start -->\n', '<!-- prettier-ignore-end -->']
  const start = text.slice(0, text.indexOf(before) + before.length)
  await expect(`${start}\n${table}\n\n${text.slice(text.indexOf(after))}`).toMatchFileSnapshot(file)
})
