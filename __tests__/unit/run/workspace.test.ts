import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLedger } from '../../../src/lib/ledger'
import { cleanUp, findRuns, openWorkspace } from '../../../src/run/workspace'

const root = () => mkdtempSync(join(tmpdir(), 'workspace-'))
const bystander = (marker: string) => spawn('sleep', ['60'], { env: { ...process.env, IMAGE_TEST_RUN: marker } })

describe('a workspace', () => {
  it('is on the ledger before it exists, and gone with everything in it', async () => {
    const { dir, ledger, marker } = openWorkspace(root())
    expect(readLedger(ledger.file)).toEqual([
      { kind: 'process', marker },
      { kind: 'path', path: dir },
    ])
    writeFileSync(join(dir, 'overlay.qcow2'), 'x')
    expect(await cleanUp(ledger.file)).toEqual({ removed: 1, left: [] })
    expect(existsSync(dir)).toBe(false)
    expect(existsSync(ledger.file)).toBe(false)
  })

  it('leaves no ledger when it cannot be made', () => {
    const where = root()
    writeFileSync(join(where, 'run-1'), 'in the way')
    expect(() => openWorkspace(where, '1')).toThrow('EEXIST')
    expect(findRuns(where)).toEqual([])
  })

  it('ends the processes that carry its mark, sees them gone, and touches no others', async () => {
    const { ledger, marker } = openWorkspace(root())
    const ours = bystander(marker)
    const other = bystander('another')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect((await cleanUp(ledger.file)).left).toEqual([])
    expect(ours.signalCode ?? 'SIGKILL').toBe('SIGKILL')
    expect(other.exitCode).toBe(null)
    expect(existsSync(`/proc/${other.pid}`)).toBe(true)
    other.kill()
  })

  it('is cleaned up twice without complaint', async () => {
    const { ledger } = openWorkspace(root())
    await cleanUp(ledger.file)
    expect(await cleanUp(ledger.file)).toEqual({ removed: 0, left: [] })
  })

  it('is found by another process, which sees that its owner still lives', () => {
    const where = root()
    const { ledger } = openWorkspace(where)
    expect(findRuns(where)).toEqual([{ ledger: ledger.file, alive: true }])
    writeFileSync(ledger.file, readFileSync(ledger.file, 'utf8').replace(/"startTicks":"\d+"/, '"startTicks":"1"'))
    expect(findRuns(where)).toEqual([{ ledger: ledger.file, alive: false }])
  })

  it('survives a ledger whose last line a crash cut short', async () => {
    const { ledger, dir } = openWorkspace(root())
    appendFileSync(ledger.file, '{"add":{"kind":"pa')
    await cleanUp(ledger.file)
    expect(existsSync(dir)).toBe(false)
  })

  it('never removes a folder that a damaged ledger names by mistake', async () => {
    const { ledger } = openWorkspace(root())
    const precious = mkdtempSync(join(tmpdir(), 'precious-'))
    ledger.add({ kind: 'path', path: precious })
    expect((await cleanUp(ledger.file)).left.join()).toContain('not a folder of ours')
    expect(existsSync(precious)).toBe(true)
  })
})
