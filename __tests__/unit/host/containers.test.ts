import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

// As in a container: process numbers of its own, and the folder of runs shared with the others. `in` 'it' or beside it.
const container = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
const start = (what: 'hold' | 'clean', root: string, contained: boolean) => {
  const command = ['node_modules/.bin/vite-node', join(import.meta.dirname, 'workspace-process.ts'), what, root]
  const child = spawn('env', contained ? [...container, ...command] : command, { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  return { child, said: once(child.stdout, 'data').then(([chunk]) => String(chunk).trim()) }
}

describe.runIf(process.getuid?.() === 0)('`clean`', () => {
  it.each([
    ['in a container', true, false],
    ['outside of the container', false, true],
    ['in another container', true, true],
  ])('%s leaves a run alone that lives, and removes what it left when it was killed', async (_where, cleaner, holder) => {
    const root = mkdtempSync(join(tmpdir(), 'containers-'))
    const run = start('hold', root, holder)
    const dir = await run.said
    expect(await start('clean', root, cleaner).said).toMatch(/^run-[\w-]+: still running, left alone$/)
    expect(existsSync(dir)).toBe(true)
    run.child.kill('SIGKILL')
    await once(run.child, 'exit')
    await expect.poll(() => start('clean', root, cleaner).said, { interval: 500 }).toMatch(/: removed$/)
    expect(readdirSync(root)).toEqual([])
  })
})
