import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { guest } from '../../../guests'
import { startServer, type Place, type TestServer } from '../../../support/server'
import { createSigner } from '../../../support/signer'
import type { Step } from '../../runner'
import { notRoot, smallDisk } from '../host'
import type { Expected, Prepared, Row } from '../row'

type Served = Prepared & { readonly inputs: { readonly image: string } & Record<string, string> }

// A row whose image comes from a server of its own.
const row = (
  name: string,
  serve: (server: TestServer, step: Step) => Promise<Served> | Served,
  expected: Partial<Expected> & Pick<Expected, 'verdict'>,
  given: Partial<Row> & { readonly tls?: true } = {},
): Row => ({
  name,
  group: 'downloads',
  quick: expected.verdict !== 'passed',
  ...given,
  inputs: { commands: 'true', ...given.inputs },
  prepare: async (step) => {
    const server = await startServer(given.tls ? { tls: certificate(step) } : {})
    const { undo, ...prepared } = await serve(server, step)
    return {
      ...prepared,
      undo: async () => {
        await server.close()
        await undo?.()
      },
    }
  },
  expected: { withinSeconds: expected.verdict === 'passed' ? 150 : 30, ...expected },
})

const certificate = ({ dir }: Step) => {
  const [key, cert] = [join(dir, 'key'), join(dir, 'cert')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

const tiny = async (place: Omit<Place, 'content'> = {}): Promise<Place> => ({ ...place, content: { file: await guest('tiny') } })

const digestOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')

// A disk with nothing to boot, for what never gets that far; no program can pack it.
const disk = (): Buffer => {
  const bytes = randomFillSync(Buffer.alloc(2 * 1024 * 1024))
  bytes.writeUInt16LE(0xaa55, 510)
  return bytes
}

// An image with a SHA256SUMS beside it, signed by a key of its own.
const signed = (server: TestServer, image: Place, sums: string, change = (text: string): string => text) => {
  const signer = createSigner()
  try {
    const key = signer.key('Publisher')
    server.put('/SHA256SUMS', change(signer.clearSign(sums, key).toString()))
    return { image: server.put('/tiny.qcow2', image), 'signing-key': key.armored }
  } finally {
    signer.close()
  }
}

const packers = { xz: 'xz', gz: 'gzip', zst: 'zstd', bz2: 'bzip2' } as const
const packed = (ending: keyof typeof packers, bytes: Buffer, options: readonly string[] = []): Buffer =>
  execFileSync(packers[ending], ['-c', '-q', ...options], { input: bytes, maxBuffer: 1024 ** 3 })

const damaged = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, bytes.length / 2), randomFillSync(Buffer.alloc(5000)), bytes.subarray(bytes.length / 2 + 5000)])

const endings = Object.keys(packers) as readonly (keyof typeof packers)[]

export const downloads: readonly Row[] = [
  row('404', (server) => ({ inputs: { image: server.put('/other', '').replace('other', 'tiny.qcow2') } }), {
    verdict: 'image-error',
    message: /was not found \(HTTP 404\)/,
  }),
  row('403', (server) => ({ inputs: { image: server.put('/tiny.qcow2', { content: '', always: { kind: 'status', status: 403 } }) } }), {
    verdict: 'image-error',
    message: /HTTP 403/,
  }),
  row(
    '404, at the terminal',
    (server) => ({ inputs: { image: server.put('/other', '').replace('other', 'tiny.qcow2') } }),
    {
      verdict: 'image-error',
    },
    { by: 'terminal' },
  ),
  row(
    '500, cut half-way and resumed, with the right digest',
    async (server) => {
      const file = await guest('tiny')
      const half = Math.floor(statSync(file).size / 2)
      const place = await tiny({
        faults: [
          { kind: 'status', status: 500 },
          { kind: 'cut', afterBytes: half },
        ],
      })
      return { inputs: { image: server.put('/tiny.qcow2', place), checksum: `sha256:${digestOf(file)}` } }
    },
    {
      verdict: 'passed',
      check: ({ result }) => {
        const image = result.machines[0]?.image
        assert.equal(image?.verified, 'checksum')
        assert.equal(image.sha256, image.fetchedSha256)
      },
    },
    { quick: true },
  ),
  row(
    '500 for ever',
    (server) => ({ inputs: { image: server.put('/tiny.qcow2', { content: '', always: { kind: 'status', status: 500 } }) } }),
    {
      verdict: 'infra-error',
      message: /HTTP 500/,
      withinSeconds: 60,
    },
    { quick: false },
  ),
  row(
    'nothing listens',
    async (server) => {
      const image = server.put('/tiny.qcow2', '')
      await server.close()
      return { inputs: { image } }
    },
    { verdict: 'infra-error', message: /ECONNREFUSED/, withinSeconds: 60 },
    { quick: false },
  ),
  row(
    'no such host',
    () => ({ inputs: { image: 'http://image-test.invalid/tiny.qcow2' } }),
    {
      verdict: 'infra-error',
      message: /host name/,
      withinSeconds: 90,
    },
    { quick: false },
  ),
  row(
    'cut again and again, and yet it gets there',
    async (server) => ({
      inputs: {
        image: server.put(
          '/tiny.qcow2',
          await tiny({ faults: Array.from({ length: 12 }, () => ({ kind: 'cut', afterBytes: 3_000_000 })) }),
        ),
      },
    }),
    { verdict: 'passed' },
  ),
  row(
    'stalls once',
    async (server) => ({
      inputs: { image: server.put('/tiny.qcow2', await tiny({ faults: [{ kind: 'stall', afterBytes: 1_000_000 }] })) },
    }),
    { verdict: 'passed', withinSeconds: 180 },
  ),
  row(
    'stalls for ever',
    async (server) => ({
      inputs: { image: server.put('/tiny.qcow2', await tiny({ always: { kind: 'stall', afterBytes: 0 } })) },
    }),
    { verdict: 'infra-error', message: /no byte for 20 s/, withinSeconds: 240 },
    { quick: false },
  ),
  row(
    'the file changes on the server meanwhile',
    async (server) => ({
      inputs: {
        image: server.put('/tiny.qcow2', {
          content: disk(),
          faults: [
            { kind: 'cut', afterBytes: 1_000_000 },
            { kind: 'becomes', content: { file: await guest('tiny') } },
          ],
        }),
      },
    }),
    { verdict: 'passed' },
  ),
  row('the wrong digest', (server) => ({ inputs: { image: server.put('/disk.raw', disk()), checksum: `sha256:${'0'.repeat(64)}` } }), {
    verdict: 'image-error',
    message: /sha256/,
  }),
  row(
    'the wrong digest in a checksum file',
    (server) => ({
      inputs: { image: server.put('/disk.raw', disk()), 'checksum-file': server.put('/SHA256SUMS', `${'0'.repeat(64)}  disk.raw\n`) },
    }),
    { verdict: 'image-error', message: /sha256/ },
  ),
  row(
    'a checksum file beside it, signed by the signing-key',
    async (server) => {
      const file = await guest('tiny')
      return { inputs: signed(server, await tiny(), `${digestOf(file)}  tiny.qcow2\n`) }
    },
    {
      verdict: 'passed',
      check: ({ result }) => {
        const image = result.machines[0]?.image
        assert.equal(image?.verified, 'signature')
        assert.match(image.verifiedBy, /^sha256 from SHA256SUMS, signed by [0-9A-F]{4}…[0-9A-F]{4}$/)
      },
    },
    { quick: true },
  ),
  row(
    'another image than the one whose digest is signed',
    (server) => ({ inputs: signed(server, { content: disk() }, `${'0'.repeat(64)}  tiny.qcow2\n`) }),
    { verdict: 'image-error', message: /expected 0{64} \(from SHA256SUMS, signed by / },
  ),
  row(
    'a checksum file that was changed after it was signed',
    (server) => ({
      inputs: signed(server, { content: disk() }, `${'0'.repeat(64)}  tiny.qcow2\n`, (text) => text.replace('00000000', '11111111')),
    }),
    { verdict: 'image-error', message: /^SHA256SUMS was changed after \w+ signed it/ },
  ),
  row(
    'verify: signature, and nothing is signed',
    (server) => {
      server.put('/SHA256SUMS', `${'0'.repeat(64)}  disk.raw\n`)
      return { inputs: { image: server.put('/disk.raw', disk()), verify: 'signature' } }
    },
    { verdict: 'image-error', message: /^verify is signature, but SHA256SUMS is not signed$/ },
  ),
  row(
    'verify: checksum, and the checksum came over http',
    (server) => {
      server.put('/SHA256SUMS', `${'0'.repeat(64)}  disk.raw\n`)
      return { inputs: { image: server.put('/disk.raw', disk()), verify: 'checksum' } }
    },
    { verdict: 'image-error', message: /^verify is checksum, but SHA256SUMS came over http/ },
  ),
  row(
    'a web page instead of an image',
    (server) => ({ inputs: { image: server.put('/tiny.qcow2', `<html>${'log in '.repeat(1000)}</html>`) } }),
    {
      verdict: 'image-error',
    },
  ),
  row('an empty file', (server) => ({ inputs: { image: server.put('/tiny.qcow2', '') } }), { verdict: 'image-error' }),
  row(
    'half an image, published so',
    async (server) => {
      const bytes = readFileSync(await guest('tiny'))
      return { inputs: { image: server.put('/tiny.qcow2', bytes.subarray(0, bytes.length / 2)) } }
    },
    { verdict: 'image-error' },
  ),
  row(
    'redirects in a circle',
    (server) => {
      server.put('/b', { content: '', always: { kind: 'redirect', to: '/a' } })
      return { inputs: { image: server.put('/a', { content: '', always: { kind: 'redirect', to: '/b' } }) } }
    },
    { verdict: 'image-error', message: /circle/ },
  ),
  row(
    'a certificate that nobody knows',
    (server) => ({ inputs: { image: server.put('/disk.raw', disk()) } }),
    {
      verdict: 'infra-error',
      message: /certificate or TLS is not accepted/,
    },
    { tls: true },
  ),
  ...endings.flatMap((ending) => [
    row(
      `a truncated .${ending}`,
      (server) => {
        const bytes = packed(ending, disk())
        return { inputs: { image: server.put(`/disk.raw.${ending}`, bytes.subarray(0, bytes.length / 2)) } }
      },
      { verdict: 'image-error', message: /cannot be unpacked/ },
    ),
    row(`a corrupt .${ending}`, (server) => ({ inputs: { image: server.put(`/disk.raw.${ending}`, damaged(packed(ending, disk()))) } }), {
      verdict: 'image-error',
      message: /cannot be unpacked/,
    }),
    row(
      `a truncated .${ending} beside the job`,
      (_server, { workspace }) => {
        const bytes = packed(ending, disk())
        writeFileSync(join(workspace, `disk.raw.${ending}`), bytes.subarray(0, bytes.length / 2))
        return { inputs: { image: `disk.raw.${ending}` } }
      },
      { verdict: 'image-error', message: /cannot be unpacked/ },
      { quick: false },
    ),
    row(
      `a .${ending} that is whole`,
      async (server) => {
        const bytes = packed(ending, readFileSync(await guest('tiny')), ['-1'])
        return {
          inputs: { image: server.put(`/tiny.qcow2.${ending}`, { content: bytes, faults: [{ kind: 'cut', afterBytes: 5_000_000 }] }) },
        }
      },
      { verdict: 'passed' },
    ),
  ]),
  row(
    'no space for it',
    async (server, step) => ({
      ...smallDisk(step, 64),
      inputs: { image: server.put('/tiny.qcow2', await tiny()) },
    }),
    { verdict: 'infra-error', message: /not enough disk space/ },
    { unless: notRoot },
  ),
  row(
    'no space for it, and its length is not told',
    async (server, step) => ({
      ...smallDisk(step, 24),
      inputs: { image: server.put('/tiny.qcow2', await tiny({ length: false })) },
    }),
    { verdict: 'infra-error', message: /disk space/ },
    { unless: notRoot },
  ),
]
