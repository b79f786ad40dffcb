import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openStdout } from '../../../../src/report/stdout/stdout'
import { terminalOutput } from '../../../../src/report/stdout/terminal-output'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

const open = (tty: boolean, colour = false) => {
  let written = ''
  const output = terminalOutput({ write: (text) => (written += text), tty, colour, columns: () => 40 })
  return { output, written: () => written.replaceAll('\r\x1b[2K', '⏎').replaceAll('\x1b', '␛') }
}

const source = { key: 'stdout one', gutter: ' │ ' }

it('shows what is being waited for on the last line, with the seconds it takes', () => {
  const { output, written } = open(true)
  output.group('Boot')
  output.waiting('waiting for sshd', 0)
  vi.advanceTimersByTime(2000)
  output.line('  kernel')
  output.waiting('waiting for sshd', 2000)
  output.waiting('waiting for cloud-init to be done, which takes a while', 2500)
  output.close()
  expect(written()).toMatchInlineSnapshot(
    `
    "
    Boot
    ⏎  waiting for sshd⏎  waiting for sshd  1 s⏎  waiting for sshd  2 s⏎  kernel
    ⏎  waiting for sshd  2 s⏎  waiting for sshd  2 s⏎  waiting for cloud-init to be done,…⏎"
  `,
  )
  expect(vi.getTimerCount()).toBe(0)
})

it('is plain text in a file or a pipe', () => {
  const { output, written } = open(false)
  output.group('Boot')
  for (let atMs = 0; atMs < 15_000; atMs += 500) output.waiting('waiting for sshd', atMs)
  output.line(output.colours.red('✗ one'))
  output.guest('from the guest\n', source)
  output.command('error', {}, 'for a runner only')
  output.close()
  expect(written()).toBe('\nBoot\n  … waiting for sshd\n  … waiting for sshd\n✗ one\n │ from the guest\n')
})

it('lets no control sequence of a guest through to the terminal', () => {
  const { output, written } = open(true, true)
  output.guest('\x1b]0;title\x07\x1b[2J\x1b[31mred\x1bc\x9b31m\n', source)
  output.line(`✗ \x1b]0;title\x07a name\x1b[2J`)
  expect(written()).toBe('␛[2m │ red␛[22m\n␛[2m │ 31m␛[22m\n✗ a name\n')
})

it('goes on in silence when nobody reads any more', () => {
  const stdout = new PassThrough()
  const output = openStdout(false, stdout, {})
  stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  output.line('one')
  output.line('two')
  output.close()
})

it('colours on a terminal only, and not with NO_COLOR; on a runner always but then', () => {
  const coloured = (onRunner: boolean, isTTY: boolean, env: Record<string, string>): boolean =>
    openStdout(onRunner, Object.assign(new PassThrough(), { isTTY }), env).colours.red('x') !== 'x'
  expect(coloured(false, true, {})).toBe(true)
  expect(coloured(false, false, {})).toBe(false)
  expect(coloured(false, true, { NO_COLOR: '1' })).toBe(false)
  expect(coloured(false, true, { NO_COLOR: '' })).toBe(true)
  expect(coloured(true, false, {})).toBe(true)
  expect(coloured(true, false, { NO_COLOR: '1' })).toBe(false)
})
