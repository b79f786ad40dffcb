// A job of its own process, as far as its image goes: tells what happens, one line of JSON each, and uses the image until its stdin ends.
import { mkdirSync } from 'node:fs'
import { obtainImage } from '../../../../src/images'

export interface Asked {
  readonly source: string
  readonly checksum?: string
  readonly dir: string
  readonly cacheDir: string
  readonly maxBytes: number
  readonly deadlineMs?: number
  readonly reserveBytes?: number
}

const { source, checksum, dir, cacheDir, maxBytes, deadlineMs = 600_000, reserveBytes } = JSON.parse(process.argv[2] ?? '') as Asked
const tell = (kind: string, detail: unknown): void => void process.stdout.write(`${JSON.stringify({ kind, detail })}\n`)

mkdirSync(dir, { recursive: true })
try {
  const { facts, disks } = await obtainImage(
    { source, verify: 'auto', ...(checksum === undefined ? {} : { checksum }) },
    {
      dir,
      cwd: dir,
      env: {},
      signal: new AbortController().signal,
      deadlineMs: performance.now() + deadlineMs,
      cache: { dir: cacheDir, maxBytes },
      onProgress: (text) => {
        tell('progress', text)
      },
      warn: (text) => {
        tell('warning', text)
      },
      limits: { besideMs: 0, stallMs: 600_000, ...(reserveBytes === undefined ? {} : { reserveBytes }) },
    },
  )
  tell('ready', { ...facts, path: disks[0]?.path })
} catch (error) {
  tell('failed', error instanceof Error ? error.message : String(error))
}
process.stdin.resume().once('end', () => process.exit())
