import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { wrapperProgram, type Wrapped } from '../../../../src/guest/command/wrapper'

// What a guest may have as /bin/sh.
describe.each(['dash', 'bash --posix', 'busybox sh', 'ksh'])('where /bin/sh is %s', (sh) => {
  // heard: what is done when it tells its process id.
  const run = async (script: string, more: Partial<Wrapped> = {}, heard = (stdin: Writable) => void stdin.write('heard\n')) => {
    const program = wrapperProgram({
      script,
      shell: 'bash -e {0}',
      uid: process.getuid?.() ?? 0,
      env: {},
      token: 'image-test-a',
      asked: 'b',
      ...more,
    })
    const [file = '', ...args] = sh.split(' ')
    const child = spawn(file, [...args, '-s', 'b'])
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
    let asked = 0
    child.stderr.on('data', (chunk: Buffer) => {
      said.stderr += chunk.toString()
      const leaders = said.stderr.match(/leader \d+\n/g)?.length ?? 0
      for (; asked < leaders; asked += 1) heard(child.stdin)
    })
    child.stdin.on('error', () => undefined)
    child.stdin.write(program.replaceAll('/bin/sh', sh))
    await once(child, 'close')
    return { ...said, stderr: said.stderr.replace(/leader \d+/g, 'leader N') }
  }
  const uid = process.getuid?.() ?? 0
  const begin = `image-test-a begin ${uid} ${uid}\n`

  it('a command begins and ends with marks on both streams', async () => {
    expect(await run('echo out; echo err >&2; exit 3')).toEqual({
      stdout: `${begin}out\nimage-test-a end 3\n`,
      stderr: `${begin}image-test-a leader N\nerr\nimage-test-a leader N\nimage-test-a end 3\n`,
    })
  })

  it('nothing starts whose process nobody has heard of', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'wrapper-')), 'ran')
    const { stdout } = await run(`echo ran >${file}`, {}, (stdin) => void stdin.end())
    expect(existsSync(file)).toBe(false)
    expect(stdout).not.toContain(' end ')
  })

  it('a shell that cannot be executed is told from a script that ends like one', async () => {
    expect((await run('true', { shell: 'no-such-shell {0}' })).stdout).toBe(`${begin}image-test-a unable 127\n`)
    expect((await run('true', { shell: '/etc/passwd {0}' })).stdout).toBe(`${begin}image-test-a unable 126\n`)
    expect((await run('true', { shell: 'env A=1 no-such-shell {0}' })).stdout).toBe(`${begin}image-test-a unable 127\n`)
    expect((await run('exit 127')).stdout).toBe(`${begin}image-test-a end 127\n`)
  })

  it('any name of a variable is taken', async () => {
    const env = Object.fromEntries(
      ['A', 'UID', 'PPID', 'SHELLOPTS', 'IFS', 'OPTIND', 'RANDOM', 'LINENO', 'PS4', 'image_test_heard'].map((name) => [
        name,
        `it's ${name}`,
      ]),
    )
    const { stdout } = await run('', { env, shell: 'cat /proc/self/environ {0}' })
    for (const [name, value] of Object.entries(env)) expect(stdout).toContain(`\0${name}=${value}\0`)
  })

  it('nothing runs for anybody else', async () => {
    expect((await run('echo no', { uid: 12_345 })).stdout).toBe(`image-test-a begin ${uid} 12345\n`)
    expect((await run('echo no', { asked: 'c' })).stdout).toMatch(/^image-test-a other \/\S+\n$/)
  })
})
