import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readConsole } from '../../../src/commands/read-console'
import { readConsoleFile } from '../../../src/commands/explain-file'
import { renderReading } from '../../../src/commands/explain-text'

const booted =
  '[    0.000000] Linux version 6.19.8\nWelcome to Fedora Linux 44 (Cloud Edition)!\n[  OK  ] Started sshd.service - OpenSSH server daemon.\n'
const here = { cwd: process.cwd(), env: {} }
const waiting = '[    0.9] Run /init as init process\nPlease enter passphrase for disk vda3 (luks-9f1c):'

const failure = (error: unknown) => {
  const { code, stderr } = error as { readonly code: number; readonly stderr: string }
  return { code, text: stderr }
}

describe('readConsole', () => {
  it('tells at which line a boot would have ended', () => {
    expect(readConsole(waiting, { accelerator: 'kvm' })).toMatchObject({
      ended: { line: 2, rule: 'passphrase-asked' },
      verdict: 'boot-failed',
      healthy: false,
      sentence: expect.stringContaining('Please enter passphrase for disk vda3 (luks-9f1c)') as string,
    })
  })

  it('tells of a system that came up', () => {
    expect(readConsole(`${booted}host login: `, { accelerator: 'kvm' })).toMatchObject({
      healthy: true,
      verdict: undefined,
      stage: 'login',
    })
  })

  it('says of a boot that gets on that it does', () => {
    const told = readConsole(`${booted}         Starting big.service - A big thing...\n`, { accelerator: 'tcg', moving: true })
    expect(told.sentence).toContain('still booting when the time was up, slowly, under emulation')
    expect(told.sentence).toContain('big.service - A big thing')
    expect(told.hint).toContain('boot-timeout')
  })

  it('takes a reboot for a new boot, and many for a loop', () => {
    const once = `SeaBIOS (version 1.16.2)\n${booted}`
    expect(readConsole(once.repeat(2), { accelerator: 'kvm' }).healthy).toBe(true)
    expect(readConsole(once.repeat(5), { accelerator: 'kvm' }).sentence).toContain('rebooted itself 4 times')
  })
})

describe('image-test explain', () => {
  it('prints what a guest wrote without its control sequences', () => {
    expect(renderReading(readConsole(`\x1b]0;title\x07${waiting}`, { accelerator: 'kvm' }))).not.toContain('\x1b')
  })

  it('reads no more of a file than 64 MiB, and says what is wrong with one', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'explain-')), 'console.log')
    writeFileSync(file, waiting)
    expect(await readConsoleFile(file, here)).toBe(waiting)
    expect((await readConsoleFile('/dev/zero', here)).length).toBe(64 * 1024 * 1024)
    await expect(readConsoleFile('/nowhere/console.log', here)).rejects.toMatchObject({
      outcome: 'config-error',
      message: '`/nowhere/console.log` does not exist',
    })
    await expect(readConsoleFile('/\x1b[31m\u202ename\nof two', here)).rejects.toMatchObject({ message: '`/?name of two` does not exist' })
    await expect(readConsoleFile('/etc', here)).rejects.toMatchObject({
      message: '`/etc` is a folder',
      hint: expect.stringContaining('machines/machine/console.log') as string,
    })
  })

  it('follows no link out of a checkout, whose last lines it would show', async () => {
    const root = mkdtempSync(join(tmpdir(), 'explain-'))
    const checkout = join(root, 'checkout')
    mkdirSync(checkout)
    writeFileSync(join(root, '.netrc'), 'machine example.org password secret\n')
    symlinkSync('../.netrc', join(checkout, 'console.log'))
    await expect(readConsoleFile('console.log', { cwd: checkout, env: {} })).rejects.toMatchObject({
      message: '`console.log` is a link that leads out of the checkout, or nowhere',
    })
    expect(await readConsoleFile('.netrc', { cwd: root, env: {} })).toContain('example.org')
  })

  it('reads the console from standard input when its file is -', async () => {
    const child = spawn('npx', ['vite-node', 'src/cli.ts', '--', 'explain', '-', '--json'], { stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(waiting)
    const [out] = await Promise.all([text(child.stdout), once(child, 'exit')])
    expect(child.exitCode).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'boot-failed' })
  })

  it('tells a file, no file and a wrong accelerator apart', async () => {
    const run = promisify(execFile)
    const cli = (...args: string[]) =>
      run('npx', ['vite-node', 'src/cli.ts', '--', 'explain', ...args]).then(
        ({ stdout }) => ({ code: 0, text: stdout }),
        (error: unknown) => failure(error),
      )
    const file = join(mkdtempSync(join(tmpdir(), 'explain-')), 'console.log')
    writeFileSync(file, waiting)
    expect(JSON.parse((await cli(file, '--json')).text)).toMatchObject({ verdict: 'boot-failed' })
    expect(await cli()).toMatchObject({ code: 2, text: expect.stringContaining('needs the file of a console') as string })
    expect(await cli(file, '--accelerator', 'hvf')).toMatchObject({ code: 2, text: expect.stringContaining('kvm or tcg') as string })
  })
})
