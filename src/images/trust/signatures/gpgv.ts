import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JobError } from '../../../errors'
import { ensurePackages, missingPrograms } from '../../../host/packages'
import { run } from '../../../host/process'
import { readStatus, type Signature } from './status'

export interface Gpgv {
  readonly dir: string // exists; a folder in it holds the keyring and the files as long as gpgv runs
  readonly signal: AbortSignal
  readonly marker?: string | undefined // of what is started to install gpgv
  readonly onProgress: (text: string) => void
}

export interface Signed {
  readonly text: Buffer
  readonly detached?: Buffer | undefined // absent: the text is clear-signed
  readonly keys: Buffer // the only ones that gpgv knows, not armored
}

export interface Looked {
  readonly signatures: readonly Signature[]
  readonly signed: string // what the signatures are of: in a clear-signed file, nothing of what stands around it
}

const timeoutMs = 30_000

// Has gpgv look at signatures. infra-error when it is missing and cannot be installed, or does not work.
export const runGpgv = async ({ text, detached, keys }: Signed, { dir, signal, marker, onProgress }: Gpgv): Promise<Looked> => {
  await ensurePackages({
    missing: () => missingPrograms(['gpgv']),
    packages: ['gpgv'],
    elsewhere: 'Install it first, on Fedora: sudo dnf install gnupg2. Only signatures need it: `verify: signature` and `signing-key`.',
    signal,
    ...(marker === undefined ? {} : { marker }),
    onProgress,
  })
  const folder = await mkdtemp(join(dir, 'signature-'))
  const file = (name: string): string => join(folder, name)
  try {
    await Promise.all([
      writeFile(file('keys.gpg'), keys),
      writeFile(file('text'), text),
      ...(detached === undefined ? [] : [writeFile(file('text.sig'), detached)]),
    ])
    const files = detached === undefined ? ['--output', file('signed'), '--', file('text')] : ['--', file('text.sig'), file('text')]
    const { stdout, stderr, exitCode, timedOut } = await run({
      file: 'gpgv',
      args: ['--homedir', folder, '--keyring', file('keys.gpg'), '--status-fd', '1', '--weak-digest', 'SHA1', ...files],
      env: { LC_ALL: 'C' },
      timeoutMs,
      signal,
    })
    if (exitCode === undefined || timedOut) {
      throw new JobError('infra-error', `gpgv ${timedOut ? `did not end within ${timeoutMs / 1000} s` : 'was ended by something'}`, {
        hint: 'Run the job again; the machine may be overloaded or out of memory.',
        cause: stderr,
      })
    }
    const signed = detached === undefined ? await readFile(file('signed')).catch(() => Buffer.alloc(0)) : text
    return { signatures: readStatus(stdout), signed: signed.toString('utf8') }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
