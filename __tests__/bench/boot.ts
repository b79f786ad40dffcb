// `npm run bench [-- GUEST [PAIRS]]`: from nothing to the end of the first command in the guest, by image-test's own bundle (A) and by a
// bare loop of QEMU and ssh (B), in turn A B B A. Prints medians, the paired difference with its 95 % interval, our phases and memory.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { throwAwayKeys } from '../../src/access/keys'
import { probeIntervalMs } from '../../src/guest/ready/banner'
import { usualUser } from '../../src/access/usual-user'
import { noCloudSeed } from '../../src/access/nocloud'
import { isoImage } from '../../src/machines/qemu/iso9660'
import type { RunResult } from '../../src/results'
import { guest } from '../guests'
import { halfInterval, mean, median } from './statistics'

const [name = 'tiny', pairsText = '5'] = process.argv.slice(2)
const pairs = Number(pairsText)
const image = await guest(name)
const login = usualUser(name) ?? 'root'
const dir = mkdtempSync(join(tmpdir(), 'bench-'))
const cli = resolve('dist/cli/index.js')
const settled = name.startsWith('debian') ? 'cloud-init status --wait' : ''

interface Ours {
  readonly firstCommandMs: number // from exec of node to the end of the first command
  readonly toQemuMs: number // from exec of node to the guest's power-on
  readonly peakMegabytes: number
  readonly result: RunResult
}

const ours = async (): Promise<Ours> => {
  const reportDir = join(dir, 'report')
  const startedMs = Date.now()
  const child = spawn(
    process.execPath,
    [cli, 'run', '--image', image, '--commands', 'true', '--accelerator', 'tcg', '--memory', '1G', '--report-dir', reportDir],
    {
      stdio: 'ignore',
      env: { ...process.env, XDG_CACHE_HOME: join(dir, 'cache') },
    },
  )
  let peak = 0
  const watch = setInterval(() => (peak = Math.max(peak, peakOf(child.pid))), 50)
  const exitCode = await new Promise<number | null>((tell) => child.on('close', tell))
  clearInterval(watch)
  const result = JSON.parse(readFileSync(join(reportDir, 'results.json'), 'utf8')) as RunResult
  if (exitCode !== 0) throw new Error(`image-test ended with ${exitCode ?? 'a signal'}: ${result.message}`)
  const offset = Date.parse(result.startedAt) - startedMs
  const [test] = result.tests
  const boot = result.machines[0]?.boots[0]
  if (test?.startedAtMs === undefined || boot?.poweredOnAtMs === undefined) throw new Error('the result lacks its times')
  return {
    firstCommandMs: offset + test.startedAtMs + test.durationMs,
    toQemuMs: offset + boot.poweredOnAtMs,
    peakMegabytes: peak / 1024,
    result,
  }
}

const peakOf = (pid: number | undefined): number => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

// The loop gets the arguments of our own run, with a port and files where ours has sockets.
const bare = async (argv: readonly string[]): Promise<number> => {
  const user = throwAwayKeys()
  const hostKeys = throwAwayKeys()
  const key = join(dir, 'key')
  writeFileSync(key, user.ed25519.private, { mode: 0o600 })
  const seed = join(dir, 'seed.iso')
  const files = noCloudSeed({
    instanceId: `bench-${Date.now()}`,
    hostname: 'bench',
    authorizedKeys: [user.ed25519.public, user.ecdsa.public],
    hostKeys,
  })
  writeFileSync(
    seed,
    isoImage(
      'cidata',
      files.map(({ path, content }) => ({ name: path, content })),
    ),
  )
  const overlay = join(dir, 'bare.qcow2')
  const port = await freePort()
  const serialPort = join(dir, 'sercon-port')
  writeFileSync(serialPort, Buffer.from([0xf8, 0x03, 0, 0, 0, 0, 0, 0]))
  const own = argv
    .filter((argument) => argument !== '-S')
    .map((argument) =>
      argument
        .replace('socket,id=qmp,fd=3', 'null,id=qmp')
        .replace('socket,id=console,fd=4', `file,id=console,path=${join(dir, 'bare-console.log')}`)
        .replace('127.0.0.1:0-', `127.0.0.1:${port}-`)
        .replace(/file=[^,]*sercon-port/, `file=${serialPort}`)
        .replace(/"[^"]*\.disk0\.qcow2"/, JSON.stringify(overlay))
        .replace(/"[^"]*\.seed\.iso"/, JSON.stringify(seed)),
    )
  const list = join(dir, 'argv')
  writeFileSync(list, `${own.join('\n')}\n`)
  const startedMs = performance.now()
  const child = spawn(resolve('__tests__/bench/bare-loop.sh'), {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      QEMU_ARGS: list,
      BASE: image,
      BASE_FORMAT: 'qcow2',
      OVERLAY: overlay,
      PORT: String(port),
      KEY: key,
      LOGIN: login,
      PROBE_SECONDS: String(probeIntervalMs / 1000),
      AFTER: settled,
    },
  })
  const took = await new Promise<number>((tell) => {
    child.stdout.once('data', () => {
      tell(performance.now() - startedMs)
    })
  })
  await new Promise((tell) => child.on('close', tell))
  return took
}

const freePort = (): Promise<number> =>
  new Promise((tell) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => {
        tell(port)
      })
    })
  })

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`
const say = (text: string): void => void process.stdout.write(`${text}\n`)

say(`guest ${name}, ${pairs} pairs, Node ${process.versions.node}`)
const warm = await ours()
const argv = warm.result.machines[0]?.argv ?? []
const all: { readonly ours: Ours; readonly bareMs: number }[] = []
for (let pair = 0; pair < pairs; pair += 1) {
  const bareFirst = pair % 2 === 1
  const before = bareFirst ? await bare(argv) : undefined
  const run = await ours()
  const bareMs = before ?? (await bare(argv))
  all.push({ ours: run, bareMs })
  say(
    `pair ${pair + 1}: ours ${seconds(run.firstCommandMs)}, bare ${seconds(bareMs)}, to QEMU ${seconds(run.toQemuMs)}, ${run.peakMegabytes.toFixed(0)} MB`,
  )
}
const differences = all.map((pair) => pair.ours.firstCommandMs - pair.bareMs)
say(
  `median to the end of the first command: ours ${seconds(median(all.map((pair) => pair.ours.firstCommandMs)))}, bare ${seconds(median(all.map(({ bareMs }) => bareMs)))}`,
)
say(
  `paired difference: ${seconds(mean(differences))} ± ${seconds(halfInterval(differences))} (95 %), median ${seconds(median(differences))}`,
)
say(`from exec of node to power-on: median ${seconds(median(all.map((pair) => pair.ours.toQemuMs)))}`)
say(`peak memory of Node (VmHWM): ${Math.max(...all.map((pair) => pair.ours.peakMegabytes)).toFixed(0)} MB`)
const last = all.at(-1)?.ours.result
for (const { phase, durationMs } of last?.phases ?? []) say(`  ${phase}: ${seconds(durationMs)}`)
for (const { stage, atMs } of last?.machines[0]?.boots[0]?.stages ?? []) say(`  ${stage} at ${seconds(atMs)}`)
rmSync(dir, { recursive: true, force: true })
