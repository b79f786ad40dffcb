import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLedger } from '../../../src/host/ledger'
import { cleanAll } from '../../../src/commands/clean'
import { cleanUp, openWorkspace } from '../../../src/host/workspace'

const root = () => mkdtempSync(join(tmpdir(), 'workspace-'))
const bystander = (marker: string) => spawn('sleep', ['60'], { env: { ...process.env, IMAGE_TEST_RUN: marker } })

describe('a workspace', () => {
  it('is on the ledger before it exists, and gone with everything in it', async () => {
    const { dir, ledger, marker } = await openWorkspace(root())
    expect(readLedger(ledger.file)).toEqual([
      { kind: 'process', marker },
      { kind: 'path', path: dir },
    ])
    writeFileSync(join(dir, 'overlay.qcow2'), 'x')
    expect(await cleanUp(ledger.file)).toEqual({ removed: 1, left: [] })
    expect(existsSync(dir)).toBe(false)
    expect(existsSync(ledger.file)).toBe(false)
  })

  it('leaves no ledger when it cannot be made', async () => {
    const where = root()
    writeFileSync(join(where, 'run-1'), 'in the way')
    await expect(openWorkspace(where, '1')).rejects.toThrow('EEXIST')
    expect(readdirSync(where)).toEqual(['run-1'])
  })

  it('ends the processes that carry its mark, sees them gone, and touches no others', async () => {
    const { ledger, marker } = await openWorkspace(root())
    const ours = bystander(marker)
    const other = bystander('another')
    expect((await cleanUp(ledger.file)).left).toEqual([])
    expect(ours.signalCode ?? 'SIGKILL').toBe('SIGKILL')
    expect(other.exitCode).toBe(null)
    expect(existsSync(`/proc/${other.pid}`)).toBe(true)
    other.kill()
  })

  it('is cleaned up twice without complaint', async () => {
    const { ledger } = await openWorkspace(root())
    await cleanUp(ledger.file)
    expect(await cleanUp(ledger.file)).toEqual({ removed: 0, left: [] })
  })

  it('is left alone while its owner lives, and removed afterwards', async () => {
    const where = root()
    const { ledger, dir } = await openWorkspace(where, 'mine')
    expect(await cleanAll(where)).toEqual({ lines: ['run-mine: still running, left alone'], ok: true })
    expect(existsSync(dir)).toBe(true)
    await ledger.release()
    expect(await cleanAll(where)).toEqual({ lines: ['run-mine: removed'], ok: true })
    expect(readdirSync(where)).toEqual([])
  })

  it('is known by its process where there are no locks', async () => {
    const where = root()
    const { ledger } = await openWorkspace(where, 'mine')
    await ledger.release()
    const written = readFileSync(ledger.file, 'utf8').replace('{"locked":true}\n', '')
    writeFileSync(ledger.file, written)
    expect((await cleanAll(where)).lines).toEqual(['run-mine: still running, left alone'])
    writeFileSync(ledger.file, written.replace(/pid:\[\d+\]/, 'pid:[1]'))
    expect((await cleanAll(where)).lines.join()).toContain('it is of another container and may still run')
    writeFileSync(ledger.file, written.replace(/"startTicks":"\d+"/, '"startTicks":"1"'))
    expect((await cleanAll(where)).lines).toEqual(['run-mine: removed'])
  })

  it('survives a ledger whose last line a crash cut short', async () => {
    const { ledger, dir } = await openWorkspace(root())
    appendFileSync(ledger.file, '{"add":{"kind":"pa')
    await cleanUp(ledger.file)
    expect(existsSync(dir)).toBe(false)
  })

  it('never removes a folder that a damaged ledger names by mistake', async () => {
    const { ledger } = await openWorkspace(root())
    const precious = mkdtempSync(join(tmpdir(), 'precious-'))
    ledger.add({ kind: 'path', path: precious })
    expect((await cleanUp(ledger.file)).left.join()).toContain('not a folder of ours')
    expect(existsSync(precious)).toBe(true)
  })
})
