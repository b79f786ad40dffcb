// One image of one job, alone in its process as in the bundle: prints how long it took and the memory it needed.
import { readFileSync } from 'node:fs'
import { obtainImage } from '../../src/images'
import '../../src/host/small-heap'

const [source = '', dir = '', checksum = '', cacheDir = ''] = process.argv.slice(2)
const startedMs = performance.now()
const { facts, disks } = await obtainImage(
  { source, verify: 'auto', checksum },
  {
    dir,
    cwd: dir,
    env: process.env,
    signal: new AbortController().signal,
    deadlineMs: Infinity,
    onProgress: () => undefined,
    warn: (text) => void process.stderr.write(`${text}\n`),
    cache: cacheDir === '' ? undefined : { dir: cacheDir, maxBytes: Infinity },
  },
)
const tookMs = performance.now() - startedMs
const peakMegabytes = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1024
process.stdout.write(JSON.stringify({ tookMs, peakMegabytes, cached: facts.cached, path: disks[0]?.path }), () => process.exit())
