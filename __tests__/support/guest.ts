// A guest of its own for a test: a login shell with start files, and commands run in it as a job does.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execute, type Execution } from '../../src/guest/command/exec'
import { throwAwayKey } from '../../src/access/keys'
import { connectSsh, type Connection } from '../../src/guest/ssh'
import { startSshServer, type ServerOptions, type TestServer } from './ssh-server'

export const ownUid = process.getuid?.() ?? 0

export interface TestGuest extends AsyncDisposable {
  readonly server: TestServer
  readonly connection: Connection
  readonly home: string
  readonly run: (script: string, options?: Partial<Execution>) => ReturnType<typeof runIn>
}

const key = throwAwayKey()
const never = new AbortController().signal

// files: in the home of the user that logs in, by name. path: 'HOME' for that home.
export const startGuest = async (
  options: ServerOptions & { readonly files?: Readonly<Record<string, string>> } = {},
): Promise<TestGuest> => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  for (const [name, text] of Object.entries(options.files ?? {})) writeFileSync(join(home, name), text, { mode: 0o755 })
  // bash reads .bashrc for a command that comes over SSH.
  const env = { HOME: home, SHLVL: '0', SSH_CLIENT: '10.0.2.2 50000 22', ...options.env }
  const path = options.path === 'HOME' ? { path: home } : {}
  const server = await startSshServer(key, { ...options, ...path, env })
  const login = { user: 'tiny', auth: { kind: 'key' as const, privateKey: key.private } }
  const connection = await connectSsh({ socket: await server.socket(), login, timeoutMs: 5000, signal: never })
  return {
    ...{ server, connection, home },
    run: (script, more) => runIn(connection, script, more),
    [Symbol.asyncDispose]: async () => {
      connection.end()
      await server.close()
    },
  }
}

export const runIn = async (connection: Connection, script: string, options: Partial<Execution> = {}, signal = never) => {
  const chunks: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] }
  const result = await execute(
    connection,
    {
      ...{ script, shell: 'bash -e {0}', env: {}, uid: ownUid, timeoutMs: 10_000, killGraceMs: 300 },
      onOutput: (stream, chunk) => void chunks[stream].push(chunk),
      ...options,
    },
    signal,
  )
  const raw = { stdout: Buffer.concat(chunks.stdout), stderr: Buffer.concat(chunks.stderr) }
  return { ...result, stdout: raw.stdout.toString(), stderr: raw.stderr.toString(), raw }
}
