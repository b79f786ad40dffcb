import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { node24 } from '../node24/setup'
import { node20 } from './runner'

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort()

describe('the committed bundle', () => {
  it('are what the sources build, byte for byte', () => {
    const fresh = mkdtempSync(join(tmpdir(), 'dist-'))
    execFileSync('npm', ['run', '--silent', 'build', '--', fresh], { stdio: 'pipe' })
    expect(filesIn('dist')).toEqual(filesIn(fresh))
    for (const name of filesIn(fresh)) {
      expect(readFileSync(join('dist', name)).equals(readFileSync(join(fresh, name))), `dist/${name} differs: run npm run build`).toBe(true)
    }
  })

  it('is one: the entries of the action and of the command load it, and are small', () => {
    expect(filesIn('dist')).toEqual(['cli/index.js', 'engine.js', 'index.js', 'licenses.txt'])
    for (const name of ['dist/index.js', 'dist/cli/index.js', 'post/index.js', 'resolve/index.js'])
      expect(statSync(name).size, name).toBeLessThan(1000)
  })

  it.each([node20, node24])('the terminal command runs without node_modules under %s', (node) => {
    const alone = mkdtempSync(join(tmpdir(), 'cli-'))
    cpSync('dist', alone, { recursive: true })
    expect(execFileSync(node, [join(alone, 'cli/index.js'), '--help']).toString()).toContain('doctor')
    // The version is told without the engine.
    rmSync(join(alone, 'engine.js'))
    expect(execFileSync(node, [join(alone, 'cli/index.js'), '--version']).toString()).toBe(
      `${(JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version}\n`,
    )
  })
})

it.each(['', '--preserve-symlinks', '--preserve-symlinks --preserve-symlinks-main'])(
  'the terminal command runs by a link: node %s',
  (flags) => {
    const link = join(mkdtempSync(join(tmpdir(), 'by a link ')), 'image-test')
    symlinkSync(resolve('dist/cli/index.js'), link)
    const { stdout, stderr } = spawnSync(node20, [...flags.split(' ').filter(Boolean), link, '--help'], { encoding: 'utf8' })
    expect([stdout, stderr]).toEqual([expect.stringContaining('doctor'), ''])
  },
)

describe('image-test doctor', () => {
  it('says whether this host can run jobs, with which accelerator and why', () => {
    const answer = JSON.parse(execFileSync(node20, ['dist/cli/index.js', 'doctor', '--json']).toString()) as {
      ready: boolean
      checks: { name: string; ok: boolean; text: string }[]
    }
    expect(answer.ready).toBe(true)
    const accelerator = answer.checks.find(({ name }) => name === 'accelerator')
    expect(accelerator?.text).toMatch(/^(KVM: a test guest ran|software emulation.*(\/dev\/kvm|QEMU))/)
  })
})

it('the post step has nothing to do with the working folder, which may be gone', () => {
  const post = `cd "$(mktemp -d)" && rmdir "$PWD" && ${node20} ${resolve('post/index.js')}`
  const { status, stdout } = spawnSync('bash', ['-c', post], { encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } })
  expect([status, stdout]).toEqual([0, ''])
})

describe('the terminal command at the edges of its host', () => {
  const command = (script: string) =>
    spawnSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, CLI: `${node20} ${resolve('dist/cli/index.js')}` } })

  it.each(['run --image x --run ls', 'doctor', 'clean'])('says that the working folder is gone: %s', (args) => {
    const { status, stderr } = command(`cd "$(mktemp -d)" && rmdir "$PWD" && $CLI ${args}`)
    expect(stderr).toMatch(/^image-test: the working folder is not there any more\n/)
    expect(status).toBe(2)
  })

  it.skipIf(process.getuid?.() !== 0)('says that there is no place for a run, to a user without a home', () => {
    const { status, stderr } = command('env -u HOME -u XDG_CACHE_HOME -u RUNNER_TEMP setpriv --reuid 54321 --clear-groups $CLI clean')
    expect(stderr).toContain('this user has no home')
    expect(status).toBe(2)
  })

  it.each(['--version', 'doctor', 'help', 'explain /dev/null', 'clean'])(
    'ends by its exit code when the disk takes no output: %s',
    (args) => {
      const { status, stderr } = command(`$CLI ${args} > /dev/full`)
      expect(stderr).toContain('what was asked for is lost')
      expect(status).toBe(5)
    },
  )
})
