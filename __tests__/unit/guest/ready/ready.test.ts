import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { JobError, type Stage } from '../../../../src/errors'
import { throwAwayKey } from '../../../../src/access/keys'
import { waitReady, type ReadyRequest, type SshAttempts } from '../../../../src/guest/ready/ready'
import { askFacts } from '../../../../src/guest/facts'
import { growingPatience } from '../../../../src/guest/patience'
import { startGuest } from '../../../support/guest'
import { startSshServer, type ServerOptions, type TestServer } from '../../../support/ssh-server'

const key = throwAwayKey()
const servers: TestServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const serve = async (accept: (user: string) => boolean = () => true, more: ServerOptions = {}): Promise<TestServer> => {
  const server = await startSshServer(key, { accept, ...more })
  servers.push(server)
  return server
}

// What ends before such a deadline ends for another reason.
const hourMs = 3_600_000

const request = (port: number, more: Partial<ReadyRequest> = {}) => {
  const stages: Stage[] = []
  let seen: SshAttempts | undefined
  const whole: ReadyRequest = {
    machine: 'machine',
    endpoint: { host: '127.0.0.1', port },
    logins: () => [{ user: 'tiny', auth: { kind: 'key', privateKey: key.private } }],
    failure: new Promise(() => undefined),
    deadlineMs: performance.now() + hourMs,
    slowdown: 1,
    signal: new AbortController().signal,
    onStage: (stage) => stages.push(stage),
    atDeadline: (attempts) => {
      seen = attempts
      return new JobError('boot-failed', 'not in time', { hint: 'wait' })
    },
    waitForCloudInit: false,
    ...more,
  }
  return { whole, stages, seen: () => seen }
}

const unusedPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        resolve(typeof address === 'object' && address ? address.port : 0)
      })
    })
  })

describe('the wait for a ready machine', () => {
  it('ends with a session that has run a command', async () => {
    const { port, hostKey } = await serve()
    const { whole, stages } = request(port)
    const { session } = await waitReady({ ...whole, endpoint: { ...whole.endpoint, hostKeys: [hostKey.public] } })
    expect(session).toMatchObject({ user: 'tiny', machine: 'machine', hasBash: true })
    expect(session.bootId).toMatch(/^[0-9a-f-]{36}$/)
    expect(stages).toEqual(['sshd', 'login', 'ready'])
    await session[Symbol.asyncDispose]()
  })

  it.each(['cancelled', 'at the deadline', 'when the machine fails'] as const)(
    'ends at once %s, even if the first command gets no answer',
    async (how) => {
      const server = await startSshServer(key, { answer: false })
      servers.push(server)
      const cancel = new AbortController()
      let fail: (error: JobError) => void = () => undefined
      const failure = new Promise<JobError>((resolve) => (fail = resolve))
      const { whole } = request(server.port, {
        signal: cancel.signal,
        failure,
        deadlineMs: performance.now() + (how === 'at the deadline' ? 1500 : hourMs),
      })
      const waiting = waitReady(whole)
      setTimeout(() => {
        if (how === 'cancelled') cancel.abort(new Error('cancelled'))
        if (how === 'when the machine fails') fail(new JobError('boot-failed', 'the kernel panicked', { hint: '' }))
      }, 1000)
      await expect(waiting).rejects.toThrow(
        { cancelled: 'cancelled', 'at the deadline': 'not in time', 'when the machine fails': 'the kernel panicked' }[how],
      )
    },
  )

  it('has more patience with a first command each time that its answer came too late', async () => {
    await using guest = await startGuest({ shell: ['sh', '-c', 'sleep 1; exec sh "$@"', 'login'] })
    const patience = growingPatience(700, 1)
    const ask = () => askFacts(guest.connection, 'tiny', patience, new AbortController().signal)
    expect((await ask()).kind).toBe('silent')
    while (patience.ms() < 5000) patience.wasTooShort()
    expect((await ask()).kind).toBe('facts')
  })

  it('takes a cloud-init that does not end for a finding, also in a guest that is slow with everything', async () => {
    const path = mkdtempSync(join(tmpdir(), 'cloud-init-'))
    writeFileSync(join(path, 'cloud-init'), '#!/bin/sh\nexec sleep 300\n', { mode: 0o755 })
    const { port } = await serve(undefined, { path, shell: ['sh', '-c', 'sleep 0.9; exec sh "$@"', 'login'] })
    const { whole } = request(port, { deadlineMs: performance.now() + 24_000, slowdown: 3, waitForCloudInit: true })
    const { cloudInit, session } = await waitReady(whole)
    expect(cloudInit).toMatchObject({ rule: 'cloud-init-unfinished' })
    await session[Symbol.asyncDispose]()
  })

  it('tries the next user when one is refused', async () => {
    const { port } = await serve((user) => user === 'second')
    const auth = { kind: 'key' as const, privateKey: key.private }
    const { whole } = request(port, {
      logins: () => [
        { user: 'first', auth },
        { user: 'second', auth },
      ],
    })
    const { session } = await waitReady(whole)
    expect(session.user).toBe('second')
    await session[Symbol.asyncDispose]()
  })

  it('tries a user next whom the console tells after the first refusal', async () => {
    const tried = new Set<string>()
    const { port } = await serve((user) => {
      tried.add(user)
      return user === 'told'
    })
    const auth = { kind: 'key' as const, privateKey: key.private }
    const { whole } = request(port, {
      logins: () => [...(tried.size > 0 ? ['told'] : []), 'first', 'second', 'third'].map((user) => ({ user, auth })),
      deadlineMs: performance.now() + 60_000,
    })
    const { session } = await waitReady(whole)
    expect([...tried]).toEqual(['first', 'told'])
    await session[Symbol.asyncDispose]()
  })

  it('tries the next user when the server ends the connection after the first refusal (MaxAuthTries 1)', async () => {
    const { port } = await serve((user) => user === 'second', { maxAuthTries: 1 })
    const auth = { kind: 'key' as const, privateKey: key.private }
    const logins = ['first', 'second'].map((user) => ({ user, auth }))
    const { session } = await waitReady(request(port, { logins: () => logins, deadlineMs: performance.now() + 20_000 }).whole)
    expect(session.user).toBe('second')
    await session[Symbol.asyncDispose]()
  })

  it.each([
    ['that it had too many tries', { maxAuthTries: 1 }, (): boolean => false, 'Too many authentication failures'],
    ['that the key is not enough', { alsoAsks: 'password' }, (): boolean => true, 'sshd took the key, but asks for password as well'],
  ] as const)('knows what a refusing server said: %s', async (_, options, accept, said) => {
    const { port } = await serve(accept, options)
    const { whole, seen } = request(port, { deadlineMs: performance.now() + 1500 })
    await expect(waitReady(whole)).rejects.toMatchObject({ outcome: 'boot-failed' })
    expect(seen()).toMatchObject({ refusal: said, loginsRefused: expect.arrayContaining(['tiny']) as string[] })
  })

  it('ends at the deadline and knows that nothing listened', async () => {
    const { whole, seen } = request(await unusedPort(), { deadlineMs: performance.now() + 2500 })
    await expect(waitReady(whole)).rejects.toMatchObject({ outcome: 'boot-failed', message: 'not in time' })
    expect(seen()?.refused).toBeGreaterThan(2)
  })

  it('ends at the deadline although a server takes connections and never speaks', async () => {
    const mute = createServer((socket) => void socket.on('error', () => undefined))
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const address = mute.address()
    const { whole, seen } = request(typeof address === 'object' && address ? address.port : 0, { deadlineMs: performance.now() + 4000 })
    await expect(waitReady(whole)).rejects.toMatchObject({ outcome: 'boot-failed' })
    expect(seen()?.silent).toBeGreaterThan(0)
    mute.close()
  })

  it.each([
    ['tells what it has taken', true],
    ['tells nothing of its connections, and refused at first', false],
  ])('waits for a slow sshd with one connection, on a machine that %s', async (_, tells) => {
    const { port, connections } = await serve(undefined, { bannerMs: 6000, refuseFirst: !tells })
    const { whole, stages } = request(port, { deadlineMs: performance.now() + 60_000 })
    const { session } = await waitReady({ ...whole, endpoint: { ...whole.endpoint, ...(tells ? { taken: connections.open } : {}) } })
    expect(stages).toContain('ready')
    expect(connections.count()).toBeLessThan(8)
    await session[Symbol.asyncDispose]()
  })

  it('takes a guest that knows only the keys of FIPS', async () => {
    const other = throwAwayKey('ecdsa')
    const { port, hostKey } = await serve(undefined, { userKey: other, hostKey: throwAwayKey('ecdsa'), maxAuthTries: 1 })
    const { whole } = request(port, {
      logins: () => [{ user: 'tiny', auth: { kind: 'key', privateKey: key.private, otherKey: other.private } }],
    })
    const hostKeys = [throwAwayKey().public, hostKey.public]
    const { session } = await waitReady({ ...whole, endpoint: { ...whole.endpoint, hostKeys } })
    await session[Symbol.asyncDispose]()
  })

  it.each<[string, ServerOptions['algorithms'], string, string, string]>([
    ['kex', { kex: ['diffie-hellman-group1-sha1'] }, 'KEX method', 'diffie-hellman-group1-sha1', 'curve25519-sha256'],
    ['cipher', { cipher: ['aes256-cbc'] }, 'C->S cipher', 'aes256-cbc', 'aes128-gcm@openssh.com'],
    ['MAC', { cipher: ['aes128-ctr'], hmac: ['hmac-sha1-96'] }, 'C->S MAC', 'hmac-sha1-96', 'hmac-sha2-256-etm@openssh.com'],
  ])('tells soon, with both lists, that it has no %s in common with the guest', async (_, algorithms, what, theirs, ours) => {
    const { port, connections } = await serve(undefined, { algorithms })
    const { whole, seen } = request(port, { deadlineMs: performance.now() + 60_000 })
    await expect(waitReady(whole)).rejects.toMatchObject({ outcome: 'boot-failed' })
    expect(seen()?.permanent).toContain(`no algorithm in common (${what}): it takes ${theirs}; we take `)
    expect(seen()?.permanent).toContain(ours)
    expect(connections.count()).toBeLessThan(5)
  })

  // A systemd that has a job in its queue until the guest has rebooted.
  const systemctl = (target: string): { path: string; rebooted: () => void } => {
    const path = mkdtempSync(join(tmpdir(), 'systemctl-'))
    const jobs = join(path, 'jobs')
    writeFileSync(jobs, `123 ${target} start waiting\n`)
    writeFileSync(join(path, 'systemctl'), `#!/bin/sh\n[ "$1" != list-jobs ] || cat ${jobs}\n`, { mode: 0o755 })
    return {
      path,
      rebooted: () => {
        writeFileSync(jobs, '')
      },
    }
  }

  it('is not ready while a reboot is under way, but after it', async () => {
    const { path, rebooted } = systemctl('reboot.target')
    const server = await startSshServer(key, { path })
    servers.push(server)
    const { whole, stages } = request(server.port, { deadlineMs: performance.now() + 60_000 })
    const waiting = waitReady(whole)
    while (!stages.includes('login')) await new Promise((resolve) => setTimeout(resolve, 50))
    await new Promise((resolve) => setTimeout(resolve, 1500))
    expect(stages).not.toContain('ready')
    rebooted()
    server.cutAll()
    const { session } = await waiting
    expect(stages.at(-1)).toBe('ready')
    await session[Symbol.asyncDispose]()
  })

  it('fails with a clear sentence when it powers itself off', async () => {
    const { port } = await serve(undefined, { path: systemctl('poweroff.target').path })
    await expect(waitReady(request(port).whole)).rejects.toThrow(
      'the machine powers itself off as soon as it has booted (job poweroff.target)',
    )
  })

  it('reads what a server says before its banner', async () => {
    const { port } = await serve(undefined, { greeting: 'Unauthorized use is prohibited\r\n' })
    const { session } = await waitReady(request(port).whole)
    await session[Symbol.asyncDispose]()
  })

  it('ends the moment the machine is seen to have failed', async () => {
    const failure = new Promise<JobError>((resolve) =>
      setTimeout(() => {
        resolve(new JobError('boot-failed', 'panic', { hint: 'x' }))
      }, 300),
    )
    const { whole } = request(await unusedPort(), { failure })
    await expect(waitReady(whole)).rejects.toMatchObject({ message: 'panic' })
  })

  it('ends when the job is cancelled', async () => {
    const { whole } = request(await unusedPort(), { signal: AbortSignal.timeout(300) })
    await expect(waitReady(whole)).rejects.toThrow()
  })

  it('does not take the machine before a reboot for the one after it', async () => {
    const { port } = await serve()
    const first = await waitReady(request(port).whole)
    const { whole } = request(port, { notBootId: first.session.bootId, deadlineMs: performance.now() + 4000 })
    await expect(waitReady(whole)).rejects.toMatchObject({ outcome: 'boot-failed' })
    await first.session[Symbol.asyncDispose]()
  })

  it('refuses a guest with another host key, and says so at the deadline', async () => {
    const { port } = await serve()
    const { whole, seen } = request(port, { deadlineMs: performance.now() + 4000 })
    await expect(waitReady({ ...whole, endpoint: { ...whole.endpoint, hostKeys: [throwAwayKey().public] } })).rejects.toMatchObject({
      outcome: 'boot-failed',
    })
    expect(seen()?.hostKeyMismatches).toBeGreaterThan(0)
  })
})

describe.concurrent('a login that runs no command', () => {
  const server = async (options: ServerOptions & { readonly bashrc?: string }): Promise<TestServer> => {
    const home = mkdtempSync(join(tmpdir(), 'home-'))
    if (options.bashrc !== undefined) writeFileSync(join(home, '.bashrc'), options.bashrc)
    const env = { HOME: home, SHLVL: '0', SSH_CLIENT: '10.0.2.2 50000 22' }
    return startSshServer(key, { shell: ['bash'], env, ...options })
  }

  it.each<readonly [string, ServerOptions & { readonly bashrc?: string }, RegExp]>([
    ['/bin/true as its shell', { shell: ['/bin/true'] }, /^tiny can log in, but not run a command: it ended with 0 and said nothing$/],
    ['a start file that exits', { bashrc: 'echo leaving; exit 0' }, /it ended with 0 and said “leaving”$/],
    ['a forced command', { shell: ['sh', '-c', 'echo restricted'] }, /it ended with 0 and said “restricted”$/],
    [
      'an expired password',
      { bashrc: 'echo "Password change required but no TTY available." >&2; exit 1' },
      /it ended with 1 and said “Password change required but no TTY available.”$/,
    ],
    ['a start file that runs another shell', { bashrc: 'exec zsh' }, /\/zsh reads the commands in its place/],
    ['a start file that runs cat', { bashrc: 'exec cat' }, /it ended with 0 and said “/],
    ['a shell that prints without end', { bashrc: 'exec yes no' }, /it says more than 64 KiB, which begins with “no no no/],
    [
      'a shell that prints a line without end',
      { bashrc: 'exec tr "\\0" x </dev/zero' },
      /it says more than 64 KiB, which begins with “x+”$/,
    ],
    [
      'a system without a boot id',
      { bashrc: 'mkdir -p ~/bin; printf "#!/bin/sh" >~/bin/cat; chmod +x ~/bin/cat; PATH=~/bin:$PATH' },
      /it tells no boot id$/,
    ],
  ])(
    'because of %s ends the wait, long before the deadline',
    async (_, options, why) => {
      const guest = await server(options)
      const { whole, stages, seen } = request(guest.port, { deadlineMs: performance.now() + 60_000 })
      await expect(waitReady(whole)).rejects.toMatchObject({ outcome: 'boot-failed' })
      expect(seen()?.noLogin).toMatch(why)
      expect(stages).toContain('login')
      expect(stages).not.toContain('ready')
      await guest.close()
    },
    30_000,
  )

  it('lets another user have a try', async () => {
    const guest = await server({ bashrc: 'case $BASH_EXECUTION_STRING in *) [ -e ~/once ] || { touch ~/once; exit 1; } ;; esac' })
    const auth = { kind: 'key' as const, privateKey: key.private }
    const { whole } = request(guest.port, {
      logins: () => [
        { user: 'first', auth },
        { user: 'second', auth },
      ],
    })
    const { session } = await waitReady(whole)
    expect(session.user).toBe('second')
    await session[Symbol.asyncDispose]()
    await guest.close()
  })

  it('is told from one whose shell prints first, which loses no fact and is told of', async () => {
    const guest = await server({ bashrc: 'echo welcome; echo beware >&2; printf boot-id=' })
    const { session, talkative } = await waitReady(request(guest.port).whole)
    expect(session).toMatchObject({ hasBash: true, bootId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string })
    expect(session.os?.id).toMatch(/^[a-z]+$/)
    expect(talkative).toMatchObject({ rule: 'login-shell-prints', severity: 'warn', block: expect.stringContaining('beware') as string })
    await session[Symbol.asyncDispose]()
    await guest.close()
  })
})

describe('a host key that is not the seeded one', () => {
  it('is let pass, and told, when the user gave a login: the guest may take no seed', async () => {
    const { port } = await serve()
    let told = 0
    const { whole } = request(port, { deadlineMs: performance.now() + hourMs, onOwnHostKey: () => (told += 1) })
    const { session } = await waitReady({ ...whole, endpoint: { ...whole.endpoint, hostKeys: [throwAwayKey().public] } })
    expect(told).toBe(1)
    await session[Symbol.asyncDispose]()
  })

  it('is waited for by what the host makes of a second', async () => {
    const { port } = await serve()
    const { whole } = request(port, { deadlineMs: performance.now() + 4500, slowdown: 0.1, onOwnHostKey: () => undefined })
    const { session } = await waitReady({ ...whole, endpoint: { ...whole.endpoint, hostKeys: [throwAwayKey().public] } })
    await session[Symbol.asyncDispose]()
  })
})
