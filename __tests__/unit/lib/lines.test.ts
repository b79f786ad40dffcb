import { describe, expect, it } from 'vitest'
import { leastProcessorMs } from '../../support/processor-time'
import { lineSplitter, stripControls, type Line } from '../../../src/lib/lines'

type Cut = Omit<Line, 'atMs'>

const split = (chunks: readonly (string | Uint8Array)[], maxChars?: number): { lines: Cut[]; pending: string } => {
  const lines: Cut[] = []
  const splitter = lineSplitter((line) => lines.push(line), maxChars)
  for (const chunk of chunks) splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)
  const pending = splitter.pending()
  splitter.end()
  return { lines, pending }
}
const texts = (...chunks: (string | Uint8Array)[]): string[] => split(chunks).lines.map(({ text }) => text)

describe('lineSplitter', () => {
  it('numbers lines and tells where each starts', () => {
    expect(split(['one\r\ntw', 'o\n\nthr', 'ee']).lines).toEqual([
      { line: 1, byte: 0, text: 'one', truncated: false },
      { line: 2, byte: 5, text: 'two', truncated: false },
      { line: 3, byte: 9, text: '', truncated: false },
      { line: 4, byte: 10, text: 'three', truncated: false },
    ])
  })

  it('shows what stands on the unfinished line', () => {
    expect(split(['a\ngrub', '> ']).pending).toBe('grub> ')
    expect(split(['a\n']).pending).toBe('')
  })

  it('counts the bytes as they came, also of what is not UTF-8', () => {
    const { lines } = split([Buffer.from([0x61, 0xff, 0xfe, 0xc3, 0x0a, 0x62, 0x0a]), 'ü\nx'])
    expect(lines.map(({ byte, text }) => [byte, text])).toEqual([
      [0, 'a\ufffd\ufffd\ufffd'],
      [5, 'b'],
      [7, 'ü'],
      [10, 'x'],
    ])
  })

  it('puts a character and an escape sequence together that chunks cut anywhere', () => {
    const raw = Buffer.from('\x1b[0;32m  OK  \x1b[0m] Started \x1b]3008;start=1\x1b\\für €.\r\nlogin: ')
    const whole = split([raw])
    expect(whole.lines[0]?.text).toBe('  OK  ] Started für €.')
    for (let at = 1; at < raw.length; at += 1) expect(split([raw.subarray(0, at), raw.subarray(at)])).toEqual(whole)
    expect(split([...raw].map((byte) => Uint8Array.of(byte)))).toEqual(whole)
  })

  it('hides an escape sequence that has only begun', () => {
    for (const begun of ['\x1b', '\x1b[', '\x1b[0;1', '\x1b]0;title', '\x1b(', '\x1bP+q54']) {
      expect(split([`login: ${begun}`]).pending).toBe('login: ')
    }
  })

  it('drops NULs and other control characters, and keeps tabs', () => {
    expect(texts('\0a\0b\tc\x07\x08\x7f\x9bd\n')).toEqual(['ab\tcd'])
  })

  it('keeps the last state of a progress bar', () => {
    expect(texts('  1 %\r 50 %\r100 %\r\nnext\n')).toEqual(['100 %', 'next'])
    expect(texts('\r\n\rDebian GNU/Linux 12 ttyS0\r\r\n')).toEqual(['', 'Debian GNU/Linux 12 ttyS0'])
    expect(split(['[ ***  ] A start job is running\r\x1b[K[  *** ] A start job is running (2s)']).pending).toBe(
      '[  *** ] A start job is running (2s)',
    )
  })

  it('reads the rows of a screen that firmware draws without line feeds', () => {
    const { lines, pending } = split([
      '\x1b[2J\x1b[01;01H\x1b[=3h\x1b[2J\x1b[01;01HBdsDxe: loading Boot0001\r\n',
      '\x1b[5;2HUEFI \x1b[5;20HShell\x1b[6;1H\x1b[1mEDK II\x1b[0m\x1b[07;01HPress ESC in 2 seconds\x1b[07;01HPress ESC in 1 seconds\r\n\x1b[08;01H\x1b[1m\x1b[33mShell> \x1b[0m\x1b[37m',
    ])
    expect(lines.map(({ line, text }) => [line, text])).toEqual([
      [1, 'BdsDxe: loading Boot0001'],
      [2, 'UEFI Shell'],
      [2, 'EDK II'],
      [2, 'Press ESC in 1 seconds'],
      [3, 'Shell> '],
    ])
    expect(pending).toBe('Shell> ')
  })

  it('keeps the start and the end of a line that is too long', () => {
    const { lines } = split([`${'a'.repeat(100)}${'b'.repeat(100)}\nnext\n`], 40)
    expect(lines).toEqual([
      { line: 1, byte: 0, text: `${'a'.repeat(18)} … ${'b'.repeat(18)}`, truncated: true },
      { line: 2, byte: 201, text: 'next', truncated: false },
    ])
  })

  it('holds little of a line of 50 MB and sees the prompt at its end', () => {
    const lines: Cut[] = []
    const splitter = lineSplitter((line) => lines.push(line))
    const chunk = Buffer.alloc(64 * 1024, '.')
    globalThis.gc?.()
    const before = process.memoryUsage().arrayBuffers
    for (let sent = 0; sent < 50e6; sent += chunk.length) splitter.push(chunk)
    for (let sent = 0; sent < 100_000; sent += 1) splitter.push(Buffer.from('.'))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6)
    splitter.push(Buffer.from(' host login: '))
    expect(splitter.pending()).toMatch(/^\.+ … \.+ host login: $/)
    expect(splitter.pending().length).toBeLessThanOrEqual(4096)
    splitter.push(Buffer.from('\nnext\n'))
    expect(lines.map(({ line, truncated }) => [line, truncated])).toEqual([
      [1, true],
      [2, false],
    ])
    expect(lines[1]?.byte).toBe(763 * 64 * 1024 + 100_000 + 13 + 1)
  })

  it('does not keep a chunk that its sender uses again', () => {
    const lines: Cut[] = []
    const splitter = lineSplitter((line) => lines.push(line))
    const chunk = Buffer.from('abc')
    splitter.push(chunk)
    chunk.fill('x')
    splitter.push(Buffer.from('\n'))
    expect(lines[0]?.text).toBe('abc')
  })

  it('takes lines of any length when told to', () => {
    const long = 'x'.repeat(300_000)
    expect(split([long.slice(0, 100_000), `${long.slice(100_000)}\n`], Number.POSITIVE_INFINITY).lines[0]?.text).toBe(long)
  })

  it('takes linear time for whatever a guest prints', () => {
    const nasty = ['\x1b[', '\x1b]', '\x1bP', '\x1b[1;', '\x1b[1;1H', '\r', '\x1b]x\x1b', '\x1b[2Jx', '\x1b ', '\x9b1;']
    for (const part of nasty) {
      const raw = part.repeat(Math.ceil(16_384 / part.length))
      expect(
        leastProcessorMs(20, 20, () => split([raw, '\n'])),
        JSON.stringify(part),
      ).toBeLessThan(50)
    }
  })
})

describe('stripControls', () => {
  it('keeps line ends and tabs', () => {
    expect(stripControls('a\x1b[1mb\r\n\tc\x1b[?25l')).toBe('ab\r\n\tc')
  })
})
