import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'

// Prints the process that it starts, which is deaf to the signal and would go on for ever; nothing may begin after it.
const program = `
import { runInterruptible } from '${resolve('scripts/interruptible')}'
await runInterruptible('sh', ['-c', 'sh -c "trap : TERM INT; echo \\\\$\\\\$; while :; do sleep 0.1; done" & wait'])
console.log('next')
`

// A process that has ended may still have a number, until somebody asks for its exit code.
const runs = (pid: number): boolean => {
  try {
    return readlinkSync(`/proc/${pid}/exe`) !== ''
  } catch {
    return false
  }
}

it.each(['SIGINT', 'SIGTERM'] as const)('%s ends the tests and what they started, and begins no others', async (signal) => {
  const file = join(mkdtempSync(join(tmpdir(), 'interruptible-')), 'program.ts')
  writeFileSync(file, program)
  const child = spawn(process.execPath, ['node_modules/vite-node/dist/cli.mjs', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    child.kill(signal)
  }
  expect(await exited).toEqual([signal === 'SIGINT' ? 130 : 143, null])
  expect(lines).toHaveLength(1)
  await expect.poll(() => runs(Number(lines[0]))).toBe(false)
})
