import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { execute } from '../../../src/guest/command/exec'
import { readJournal } from '../../../src/guest/journal'
import { throwAwayKey } from '../../../src/access/keys'
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
const read = async (journalctl: string, timeoutMs = 600_000, others: Readonly<Record<string, string>> = {}) => {
  for (const [name, text] of Object.entries(others)) writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  writeFileSync(join(programs, 'journalctl'), `#!/bin/sh\n${journalctl}\n`)
  chmodSync(join(programs, 'journalctl'), 0o755)
  const facts = {
    ...{ bootId: 'one', uid: process.getuid?.() ?? 0, os: { id: 'debian', version: '12', kernel: '6' }, chatter: [] },
    ...{ hasBash: true, hasCloudInit: false, hasJournal: true },
  }
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
  expect(text).toBe('--boot --no-pager --quiet --lines=50001 --output=short-monotonic\n')
})

it('tells why the journal could not be read', async () => {
  expect((await read('echo "No journal files were found." >&2; exit 1')).trouble).toBe('No journal files were found.')
  expect((await read('exit 3')).trouble).toBe('journalctl ended with 3')
})

it('holds none of an answer whose first line does not end, and says that its times are wrong', async () => {
  writeFileSync(join(programs, 'cut'), '#!/bin/sh\nhead -c 5000000 /dev/zero | tr "\\0" x\n', { mode: 0o755 })
  const { trouble, lines, text } = await read("printf '\\n[ 1.000000] host kernel: one\\n'")
  expect(trouble).toBe('the guest does not tell its uptime, so the times of its lines are wrong')
  expect(text.length).toBeGreaterThan(5_000_000)
  expect(lines.map((line) => [line.truncated, line.text.length <= 4096])).toEqual([
    [true, true],
    [false, true],
    [false, true],
  ])
})

it('keeps what came when the rest does not', async () => {
  const { trouble, lines } = await read('echo "[ 1.000000] host kernel: one"; sleep 60', 4000)
  expect(trouble).toBe('journalctl did not end within 4 s')
  expect(lines).toHaveLength(1)
})

it('takes no time that a guest makes up', async () => {
  const { lines } = await read(`echo "[${'9'.repeat(400)}.0] host kernel: one"; echo "[999999999999.0] host kernel: two"`)
  for (const { atMs } of lines) expect(atMs).toBeLessThanOrEqual(performance.now())
  expect(lines).toHaveLength(2)
})

it('says when there was more than is read', async () => {
  const entries = (count: number): string => `seq ${count} | awk '{ print "[    1.000000] host kernel: " $0; print "  more of it" }'`
  expect((await read(entries(50_000))).trouble).toBeUndefined()
  expect((await read(entries(50_001))).trouble).toBe('it has more than 50000 entries of this boot, of which the last were read')
})

const user = (groups: string) => ({ id: `[ "$1" = -u ] && echo 1000 || echo '${groups}'` })
const entry = 'echo "[    1.000000] tiny sh: mine"'

it('says when the login user may not see all of it', async () => {
  const { trouble, lines } = await read(entry, 10_000, { ...user('tiny users'), sudo: 'exit 1' })
  expect(trouble).toContain('sees only its own entries')
  expect(lines).toHaveLength(1)
})

it.each(['systemd-journal', 'adm', 'wheel'])('takes it for whole when the user is in the group %s', async (group) => {
  expect((await read(entry, 10_000, { ...user(`tiny ${group}`), sudo: 'exit 1' })).trouble).toBeUndefined()
})

it("reads it with root's rights where the user has them", async () => {
  const { trouble, text } = await read('echo "$AS"', 10_000, { ...user('tiny'), sudo: '[ "$1" = -n ] && shift; AS=root exec "$@"' })
  expect([trouble, text]).toEqual([undefined, 'root\n'])
})
