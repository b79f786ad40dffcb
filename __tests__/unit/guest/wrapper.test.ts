import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { wrapperProgram, type Wrapped } from '../../../src/guest/wrapper'

// What a guest may have as /bin/sh.
describe.each(['dash', 'bash --posix', 'busybox sh', 'ksh'])('where /bin/sh is %s', (sh) => {
  const run = (script: string, more: Partial<Wrapped> = {}) => {
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
    const { stdout, stderr } = spawnSync(file, [...args, '-s', 'b'], { input: program.replaceAll('/bin/sh', sh), encoding: 'utf8' })
    return { stdout, stderr: stderr.replace(/leader \d+/, 'leader N') }
  }
  const uid = process.getuid?.() ?? 0
  const begin = `image-test-a begin ${uid} ${uid}\n`

  it('a command begins and ends with marks on both streams', () => {
    expect(run('echo out; echo err >&2; exit 3')).toEqual({
      stdout: `${begin}out\nimage-test-a end 3\n`,
      stderr: `${begin}image-test-a leader N\nerr\nimage-test-a end 3\n`,
    })
  })

  it('a shell that cannot be executed is told from a script that ends like one', () => {
    expect(run('true', { shell: 'no-such-shell {0}' }).stdout).toBe(`${begin}image-test-a unable 127\n`)
    expect(run('true', { shell: '/etc/passwd {0}' }).stdout).toBe(`${begin}image-test-a unable 126\n`)
    expect(run('true', { shell: 'env A=1 no-such-shell {0}' }).stdout).toBe(`${begin}image-test-a unable 127\n`)
    expect(run('exit 127').stdout).toBe(`${begin}image-test-a end 127\n`)
  })

  it('any name of a variable is taken', () => {
    const env = Object.fromEntries(
      ['A', 'UID', 'PPID', 'SHELLOPTS', 'IFS', 'OPTIND', 'RANDOM', 'LINENO', 'PS4'].map((name) => [name, `it's ${name}`]),
    )
    const { stdout } = run('', { env, shell: 'cat /proc/self/environ {0}' })
    for (const [name, value] of Object.entries(env)) expect(stdout).toContain(`\0${name}=${value}\0`)
  })

  it('nothing runs for anybody else', () => {
    expect(run('echo no', { uid: 12_345 }).stdout).toBe(`image-test-a begin ${uid} 12345\n`)
    expect(run('echo no', { asked: 'c' }).stdout).toMatch(/^image-test-a other \/\S+\n$/)
  })
})
