import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Execution } from '../../../../src/guest/command/exec'
import { throwAwayKey } from '../../../../src/access/keys'
import { connectSsh, HostKeyMismatch, LoginRefused, type Connection } from '../../../../src/guest/ssh'
import { runIn } from '../../../support/guest'
import { startSshServer, type TestServer } from '../../../support/ssh-server'

const key = throwAwayKey()
const never = new AbortController().signal
let server: TestServer
let connection: Connection

const login = { user: 'tiny', auth: { kind: 'key' as const, privateKey: key.private } }

beforeAll(async () => {
  server = await startSshServer(key, { accept: (user) => user === 'tiny' })
  connection = await connectSsh({
    socket: await server.socket(),
    login,
    hostKeys: [server.hostKey.public],
    timeoutMs: 60_000,
    signal: never,
  })
})
afterAll(async () => {
  connection.end()
  await server.close()
})

const run = (script: string, options: Partial<Execution> = {}, over = connection, signal = never) => runIn(over, script, options, signal)

// A zombie is gone but for its parent's notice.
const isRunning = (pid: string): boolean =>
  existsSync(`/proc/${pid}/stat`) && !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))

describe('a command in the guest', () => {
  it('tells its exit code and both outputs apart', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toMatchObject({ kind: 'exited', code: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  it('stops at the first failing command, as bash -e does', async () => {
    expect(await run('false\necho not reached')).toMatchObject({ kind: 'exited', code: 1, stdout: '' })
  })

  it('keeps quotes, dollars, backslashes and line ends of the script', async () => {
    const script = `printf '%s|' "a'b" '$HOME' 'c\\d' "e\nf"`
    expect((await run(script)).stdout).toBe("a'b|$HOME|c\\d|e\nf|")
  })

  it('has an empty stdin, so that a program that reads it does not hang', async () => {
    expect(await run('cat; echo done')).toMatchObject({ kind: 'exited', code: 0, stdout: 'done\n' })
  })

  it('sets the environment and the working directory', async () => {
    expect((await run('echo "$A|$PWD"', { env: { A: "x'y z" }, cwd: '/usr' })).stdout).toBe("x'y z|/usr\n")
  })

  it('tells a script that never ran from one that failed', async () => {
    for (const as of ['nobody-like-that', "no'such"]) {
      const result = await run('exit 0', { as })
      expect(result).toMatchObject({ kind: 'not-started', cause: expect.stringContaining(`sudo, asked for ${as}, ended with`) as string })
    }
  })

  it('does not start when the working directory does not exist', async () => {
    const result = await run('echo no', { cwd: '/does/not/exist' })
    expect(result).toMatchObject({ kind: 'not-started', cause: 'the folder /does/not/exist could not be entered', stdout: '' })
    expect(result.stderr).toContain('/does/not/exist')
  })

  it('passes output without a last line end as it is', async () => {
    expect((await run('printf abc')).stdout).toBe('abc')
  })

  it('passes bytes that are not text', async () => {
    expect((await run(String.raw`printf 'a\000\377b'`)).raw.stdout).toEqual(Buffer.from([0x61, 0, 0xff, 0x62]))
  })

  it('ends with the command although a daemon it left holds its output', async () => {
    const { kind, stdout } = await run('sleep 86400 & echo $!')
    expect(kind).toBe('exited')
    expect(isRunning(stdout.trim())).toBe(true)
    process.kill(Number(stdout), 'SIGKILL')
  })

  it('tells a program killed by a signal as its shell does', async () => {
    expect(await run('kill -9 $$')).toMatchObject({ kind: 'exited', code: 137 })
  })

  it('leaves no file behind in the guest', async () => {
    const { stdout } = await run('echo "$0"')
    expect(stdout).toContain('image-test.')
    expect(existsSync(stdout.trim())).toBe(false)
  })

  it('passes 30 MB of output on', async () => {
    const result = await run('head -c 30000000 /dev/zero | tr "\\0" x')
    expect(result.raw.stdout.length).toBe(30_000_000)
  })

  it('has no way to end its own result by guessing: only the random mark counts', async () => {
    const result = await run('echo "image-test-000000000000000000000000 0"; echo image-test-; exit 4')
    expect(result).toMatchObject({ kind: 'exited', code: 4, stdout: 'image-test-000000000000000000000000 0\nimage-test-\n' })
  })
})

describe('a command that does not end', () => {
  it('is killed with its whole process group at the deadline, seen to be gone', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'exec-')), 'pids')
    const result = await run(`sleep 61 & echo $! >${file}; sleep 62`, { timeoutMs: 3000 })
    expect(result).toMatchObject({ kind: 'timed-out', killed: true })
    expect(isRunning(readFileSync(file, 'utf8').trim())).toBe(false)
  })

  it('is killed although it ignores TERM', async () => {
    const result = await run(`trap '' TERM; echo armed; while :; do sleep 1; done`, { timeoutMs: 3000 })
    expect(result).toMatchObject({ kind: 'timed-out', killed: true, stdout: 'armed\n' })
  })

  it('is killed when the job is cancelled, which throws the reason', async () => {
    const cancel = new AbortController()
    let pid = ''
    const onOutput = (_: string, chunk: Uint8Array): void => {
      pid += Buffer.from(chunk).toString()
      if (pid.endsWith('\n')) cancel.abort(new Error('cancelled'))
    }
    await expect(run('echo $$ >&2; sleep 86400', { onOutput }, connection, cancel.signal)).rejects.toThrow('cancelled')
    await expect.poll(() => isRunning(pid.trim())).toBe(false)
  })
})

it('is no command that could not be started when something ends its shell before it begins', async () => {
  for (const shell of [
    ['sh', '-c', 'kill -9 $$', 'login'],
    ['sh', '-c', `sh -c 'kill -KILL $$'; exit $?`, 'login'],
  ]) {
    const ending = await startSshServer(key, { shell })
    const own = await connectSsh({ socket: await ending.socket(), login, hostKeys: undefined, timeoutMs: 60_000, signal: never })
    expect(await run('true', {}, own)).toMatchObject({ kind: 'unproven' })
    own.end()
    await ending.close()
  }
})

describe('a command that we stop waiting for before it told its process', () => {
  // Its guest is slow between the mark and us.
  const interrupted = async (how: { readonly timeoutMs: number; readonly cancelAfterMs?: number }) => {
    const folder = mkdtempSync(join(tmpdir(), 'exec-'))
    const slow = await startSshServer(key, { outputMs: 1500 })
    const own = await connectSsh({ socket: await slow.socket(), login, hostKeys: undefined, timeoutMs: 60_000, signal: never })
    const cancel = new AbortController()
    if (how.cancelAfterMs !== undefined) {
      setTimeout(() => {
        cancel.abort(new Error('cancelled'))
      }, how.cancelAfterMs)
    }
    const ended = run(`echo ran >${folder}/ran; sleep 61`, { timeoutMs: how.timeoutMs }, own, cancel.signal)
    const kind = await ended.then(
      (result) => result.kind,
      (error: unknown) => (error as Error).message,
    )
    await new Promise((resolve) => setTimeout(resolve, 2000))
    own.end()
    await slow.close()
    return { kind, ran: existsSync(join(folder, 'ran')) }
  }

  it('never runs, neither after its time nor after a cancel', async () => {
    expect(await interrupted({ timeoutMs: 1000 })).toEqual({ kind: 'not-started', ran: false })
    expect(await interrupted({ timeoutMs: 60_000, cancelAfterMs: 1000 })).toEqual({ kind: 'cancelled', ran: false })
  })
})

describe('a command that runs out of time', () => {
  it('is lost, not too slow, when its whole machine stands still', async () => {
    const standing = await startSshServer(key)
    const own = await connectSsh({ socket: await standing.socket(), login, hostKeys: undefined, timeoutMs: 60_000, signal: never })
    const running = run('echo begun; sleep 61', { timeoutMs: 2000, onOutput: standing.standStill }, own)
    expect(await running).toMatchObject({ kind: 'lost', cause: expect.stringContaining('it did not end within 2 s') as string })
    own.end()
    await standing.close()
  })

  it('keeps nobody waiting who cancels meanwhile', async () => {
    const standing = await startSshServer(key)
    const own = await connectSsh({ socket: await standing.socket(), login, hostKeys: undefined, timeoutMs: 60_000, signal: never })
    const cancel = new AbortController()
    const running = run('echo begun; sleep 61', { timeoutMs: 1000, onOutput: standing.standStill }, own, cancel.signal)
    let lost = false
    void own.lost.then(() => (lost = true))
    setTimeout(() => {
      cancel.abort(new Error('cancelled'))
    }, 2500)
    await expect(running).rejects.toThrow('cancelled')
    expect(lost).toBe(false)
    own.end()
    await standing.close()
  })
})

describe('the connection', () => {
  it('refuses a guest with another host key than the seeded one', async () => {
    const other = throwAwayKey()
    const attempt = connectSsh({ socket: await server.socket(), login, hostKeys: [other.public], timeoutMs: 60_000, signal: never })
    await expect(attempt).rejects.toBeInstanceOf(HostKeyMismatch)
  })

  it('tells a refused login', async () => {
    const attempt = connectSsh({
      socket: await server.socket(),
      login: { ...login, user: 'somebody' },
      hostKeys: undefined,
      timeoutMs: 60_000,
      signal: never,
    })
    await expect(attempt).rejects.toBeInstanceOf(LoginRefused)
  })

  it('tells a command that it was lost when the connection is cut', async () => {
    const own = await connectSsh({ socket: await server.socket(), login, hostKeys: undefined, timeoutMs: 60_000, signal: never })
    const running = run('sleep 30', {}, own)
    setTimeout(() => {
      own.end()
    }, 300)
    expect(await running).toMatchObject({ kind: 'lost' })
    expect(await run('true', {}, own)).toMatchObject({ kind: 'lost' })
  })

  it('is given up when the guest has us owe it answers without end', async () => {
    const flooding = await startSshServer(key, { ident: 'OpenSSH_9.9' })
    // Slow, so that its silence, which comes with that, does not end it first on a busy host.
    const own = await connectSsh({
      socket: await flooding.socket(),
      login,
      hostKeys: undefined,
      timeoutMs: 60_000,
      slowdown: 1000,
      signal: never,
    })
    const running = run('sleep 61', {}, own)
    flooding.askWithoutEnd()
    expect((await own.lost).message).toBe('the guest asks for answers without end, and takes none')
    expect(await running).toMatchObject({ kind: 'lost' })
    await flooding.close()
  })
})
