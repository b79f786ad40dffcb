// What happens to an image before it boots, against the plainest tools on the same server and bytes, in turn A B B A:
// curl | tee >(sha256sum) | xz -dc -T0 > file.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { openDiskFile } from '../../src/formats/disk-file'
import { inspect } from '../../src/formats/inspect'
import { defaultLimits } from '../../src/images/limits'
import { packedImage } from './packed-image'
import { median } from './statistics'

interface Ours {
  readonly tookMs: number
  readonly peakMegabytes: number
  readonly cached?: true
  readonly path: string
}

const [, pairsText = '5', mebibytesText = '1024'] = process.argv.slice(2)
const pairs = Number(pairsText)
const dir = mkdtempSync(join(homedir(), '.cache', 'image-test', 'bench-')) // not /tmp, which may be memory
const program = join(dir, 'program')
const ncc = ['build', '__tests__/bench/fetch-image.ts', '--out', program, '--no-cache', '--transpile-only', '--quiet']
execFileSync(join('node_modules', '.bin', 'ncc'), ncc)

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

const serve = (path: string): Promise<Server> =>
  new Promise((tell) => {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-length': statSync(path).size })
      void pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), response).catch(() => undefined)
    }).listen(0, '127.0.0.1', () => {
      tell(server)
    })
  })

// Both are timed from exec to exit.
const timed = async (file: string, args: readonly string[]): Promise<{ readonly ms: number; readonly stdout: string }> => {
  const folder = mkdtempSync(join(dir, 'run-'))
  const startedMs = performance.now()
  const child = spawn(
    file,
    args.map((argument) => argument.replace('FOLDER', folder)),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const code = await new Promise((tell) => child.on('close', tell))
  const ms = performance.now() - startedMs
  rmSync(folder, { recursive: true })
  if (code !== 0) throw new Error(`${file} ended with ${String(code)}`)
  return { ms, stdout }
}

const ours = async (url: string, checksum: string, cacheDir = ''): Promise<Ours & { readonly ms: number }> => {
  const { ms, stdout } = await timed(process.execPath, [join(program, 'index.js'), url, 'FOLDER', checksum, cacheDir])
  return { ms, ...(JSON.parse(stdout) as Ours) }
}

const plain = async (url: string): Promise<number> => {
  const script = 'set -o pipefail; curl -sSf "$1" | tee >(sha256sum >"$2/digest") | xz -dc -T0 >"$2/disk"'
  return (await timed('bash', ['-c', script, 'bash', url, 'FOLDER'])).ms
}

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

say(`${mebibytesText} MiB in an .xz from loopback, ${pairs} pairs, Node ${process.versions.node}`)
for (const blocks of ['many blocks', 'one block'] as const) {
  const path = packedImage(Number(mebibytesText), blocks)
  const checksum = `sha256:${await sha256Of(path)}`
  const server = await serve(path)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${blocks.replace(' ', '-')}.raw.xz`
  const all: { readonly ours: Ours & { readonly ms: number }; readonly plainMs: number }[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    const before = pair % 2 === 1 ? await plain(url) : undefined
    const run = await ours(url, checksum)
    const plainMs = before ?? (await plain(url))
    all.push({ ours: run, plainMs })
    say(`${blocks}, pair ${pair + 1}: ours ${seconds(run.ms)}, plain ${seconds(plainMs)}, ratio ${(run.ms / plainMs).toFixed(2)}`)
  }
  say(`${blocks}: ours ${seconds(median(all.map((pair) => pair.ours.ms)))}, plain ${seconds(median(all.map((pair) => pair.plainMs)))}`)
  say(`  median of the ratios ${median(all.map((pair) => pair.ours.ms / pair.plainMs)).toFixed(2)}, both digests`)
  say(`  peak memory of Node (VmHWM): ${Math.max(...all.map((pair) => pair.ours.peakMegabytes)).toFixed(0)} MB`)
  if (blocks === 'many blocks') await measureCached(url, checksum)
  server.close()
}
rmSync(dir, { recursive: true, force: true })

async function measureCached(url: string, checksum: string): Promise<void> {
  const cacheDir = join(dir, 'cache')
  const { path } = await ours(url, checksum, cacheDir)
  const spread = (all: readonly number[]): string => `median ${median(all).toFixed(1)} ms, at most ${Math.max(...all).toFixed(1)} ms`
  const again = async (before: () => void): Promise<string> => {
    const all: number[] = []
    for (let time = 0; time < 11; time += 1) {
      before()
      const { cached, tookMs } = await ours(url, checksum, cacheDir)
      if (cached !== true) throw new Error('the image was not in the cache')
      all.push(tookMs)
    }
    return spread(all)
  }
  say(`a cached image is ready after: ${await again(() => undefined)}`)
  // Another date: it must be read through.
  say(
    `  with one hash pass of ${mebibytesText} MiB: ${await again(() => {
      utimesSync(path, new Date(), new Date())
    })}`,
  )
  const qcow2 = join(dir, 'disk.qcow2')
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', path, qcow2])
  for (const disk of [path, qcow2]) {
    const all: number[] = []
    for (let time = 0; time < 11; time += 1) {
      const startedMs = performance.now()
      const { format } = await inspect(await openDiskFile(disk), {
        shown: disk,
        format: undefined,
        maxVirtualBytes: defaultLimits.virtualBytes,
        warn: say,
      })
      all.push(performance.now() - startedMs)
      if (time === 10) say(`inspecting it as ${format}: ${spread(all)}`)
    }
  }
}
