import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { execute } from '../../../src/guest/exec'
import { readJournal } from '../../../src/guest/journal'
import { throwAwayKey } from '../../../src/guest/keys'
import { openSession, type Session } from '../../../src/guest/session'
import { connectSsh, type Connection } from '../../../src/guest/ssh'
import type { Line } from '../../../src/lib/lines'
import { startSshServer, type TestServer } from './ssh-server'

const key = throwAwayKey()
const never = new AbortController().signal
let server: TestServer
let connection: Connection
let programs: string
beforeEach(async () => {
  programs = mkdtempSync(join(tmpdir(), 'journal-'))
  server = await startSshServer(key)
  const login = { user: 'tiny', auth: { kind: 'key' as const, privateKey: key.private } }
  connection = await connectSsh({ socket: await server.socket(), login, timeoutMs: 60_000, signal: never })
})
afterEach(async () => {
  connection.end()
  await server.close()
  rmSync(programs, { recursive: true })
})

// A guest whose journalctl is this program.
const read = async (journalctl: string, timeoutMs = 600_000) => {
  writeFileSync(join(programs, 'journalctl'), `#!/bin/sh\n${journalctl}\n`)
  chmodSync(join(programs, 'journalctl'), 0o755)
  const facts = { bootId: 'one', os: { id: 'debian', version: '12', kernel: '6' }, hasBash: true, hasCloudInit: false, hasJournal: true }
  const session: Session = {
    ...openSession('machine', 'tiny', connection, facts),
    exec: (request, signal) => execute(connection, { ...request, env: { PATH: `${programs}:${process.env['PATH'] ?? ''}` } }, signal),
  }
  const lines: Line[] = []
  const bytes: Uint8Array[] = []
  const trouble = await readJournal({
    ...{ session, timeoutMs, signal: never },
    onData: (chunk) => bytes.push(chunk),
    onLine: (line) => lines.push(line),
  })
  return { trouble, lines, text: Buffer.concat(bytes).toString() }
}

it('reads the journal of this boot, with the time of each line on our clock', async () => {
  const beforeMs = performance.now()
  const uptime = Number(/^\S+/.exec(readFileSync('/proc/uptime', 'utf8'))?.[0])
  const { trouble, lines, text } = await read(
    `printf '[%12.6f] host kernel: Linux\\n[%12.6f] host systemd[1]: grüße\\n' 0 ${uptime}; echo "$*" >&2`,
  )
  expect(trouble).toBeUndefined()
  expect(text).toBe(`[    0.000000] host kernel: Linux\n[${uptime.toFixed(6).padStart(12)}] host systemd[1]: grüße\n`)
  expect(lines.map(({ line, text }) => [line, text.slice(15)])).toEqual([
    [1, 'host kernel: Linux'],
    [2, 'host systemd[1]: grüße'],
  ])
  const [first, last] = lines
  expect((last?.atMs ?? 0) - (first?.atMs ?? 0)).toBeCloseTo(uptime * 1000, -1)
  expect(last?.atMs).toBeGreaterThan(beforeMs - 20) // an uptime tells hundredths of a second
  expect(last?.atMs).toBeLessThanOrEqual(performance.now())
})

it('asks for this boot, without a pager and within bounds', async () => {
  const { text } = await read('echo "$@"')
  expect(text).toBe('--boot --no-pager --quiet --lines=50000 --output=short-monotonic\n')
})

it('tells why the journal could not be read', async () => {
  expect((await read('echo "No journal files were found." >&2; exit 1')).trouble).toBe('No journal files were found.')
  expect((await read('exit 3')).trouble).toBe('journalctl ended with 3')
})

it('keeps what came when the rest does not', async () => {
  const { trouble, lines } = await read('echo "[ 1.000000] host kernel: one"; sleep 60', 4000)
  expect(trouble).toBe('journalctl did not end within 4 s')
  expect(lines).toHaveLength(1)
})
