import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../support/processor-time'
import { redactor } from '../../../../src/lib/redaction/redact'

const password = 'p@ss/word+1 é"x\''

describe('what is replaced', () => {
  const { text } = redactor([password])

  it.each([
    ['itself', password],
    ['as JSON', JSON.stringify(password).slice(1, -1)],
    ['as ASCII-only JSON', 'p@ss/word+1 \\u00e9\\"x\''],
    ['as part of a URL', encodeURIComponent(password)],
    ['by RFC 3986', 'p%40ss%2Fword%2B1%20%C3%A9%22x%27'],
    ['by RFC 3986 in small letters', 'p%40ss%2fword%2b1%20%c3%a9%22x%27'],
    ["by Python's quote", 'p%40ss/word%2B1%20%C3%A9%22x%27'],
    ['of a form', 'p%40ss%2Fword%2B1+%C3%A9%22x%27'],
    ['as set -x shows it', "p@ss/word+1 é\"x'\\''"],
    ['as printf %q shows it', 'p@ss/word+1\\ \\é\\"x\\\''],
  ])('%s', (_, form) => {
    expect(text(`before ${form} after`)).toBe('before *** after')
  })

  it.each(['', 'a', 'ab', 'abc', 'abcd', 'user:'])('base64 of a text in which it comes after "%s"', (before) => {
    const whole = Buffer.from(`${before}${password} and more`)
    const url = whole.toString('base64url')
    expect(text(whole.toString('base64'))).toMatch(/^[\w+/]{0,7}\*\*\*[\w+/]+=*$/)
    expect(text(url)).toMatch(/^[\w-]{0,7}\*\*\*[\w-]+$/)
    expect(text(url).length).toBeLessThan(url.length - 15)
  })

  it('base64 of itself, with its padding', () => {
    for (const secret of ['abcdef', 'abcdefg', 'abcdefgh', '????>>>>~~~~']) {
      const { text } = redactor([secret])
      const bytes = Buffer.from(secret)
      expect(text(`<${bytes.toString('base64')}> <${bytes.toString('base64').replace(/=+$/, '')}> <${bytes.toString('base64url')}>`)).toBe(
        '<***> <***> <***>',
      )
    }
  })

  it('every line of a secret of several lines, and its wrapped base64', () => {
    const key = `-----BEGIN KEY-----\n${'b3BlbnNzaC1rZXktdjEAAAA'.repeat(6)}\nAAAE2VjZHNh\n-----END KEY-----\n`
    const { text } = redactor([key])
    expect(text(`a${key}b`)).toBe('a***b')
    expect(text(' AAAE2VjZHNh\r\n')).toBe(' ***\r\n')
    const lines =
      Buffer.from(key)
        .toString('base64')
        .match(/.{1,76}/g) ?? []
    expect(lines.slice(0, -1).map(text)).toEqual(lines.slice(0, -1).map(() => '***'))
    expect(text(lines.join('\n'))).not.toMatch(/[\w+/]{17}/)
  })

  it.each([76, 64])('base64 of a long text that is wrapped after %i characters, wherever it stands in it', (columns) => {
    const secret = 'ghs_0123456789abcdefXYZ+/~'
    const { text, stream } = redactor([secret])
    for (let before = 0; before < 60; before += 1) {
      const whole = Buffer.from(`${'x'.repeat(before)}${secret}${'y'.repeat(70)}`).toString('base64')
      for (const end of ['\n', '\r\n']) {
        const wrapped = (whole.match(new RegExp(`.{1,${columns}}`, 'g')) ?? []).join(end)
        const shown = text(wrapped)
        const left = Buffer.from(shown.replaceAll('***', '').replace(/\s/g, ''), 'base64').toString('latin1')
        expect(shown).toContain('***')
        expect(left).not.toContain(secret.slice(4, 14))
        const streamed = stream()
        expect(Array.from(wrapped, (char) => streamed.push(char)).join('') + streamed.end()).toBe(shown)
      }
    }
  })

  it('the beginning of one that was cut off', () => {
    const { text } = redactor(['ghs_0123456789abcdef0123456789abcdef'])
    expect(text('stdout is "ghs_0123456789abc…" instead of "x"')).toBe('stdout is "***…" instead of "x"')
    expect(text('a ghs_012345 … b')).toBe('a *** … b')
    expect(text('a ghs_0… b')).toBe('a ghs_0… b')
    expect(text('a ghs_012345 b')).toBe('a ghs_012345 b')
  })

  it('the longest of several, and all of those that overlap', () => {
    expect(redactor(['secret', 'secret-token']).text('a secret-token, a secret')).toBe('a ***, a ***')
    expect(redactor(['abcdef', 'defghi', 'hij']).text('-abcdefghij-')).toBe('-***-')
    expect(redactor(['aaa']).text('aaaaaaa b')).toBe('*** b')
  })

  it('nothing of one or two characters, nor an empty one', () => {
    expect(redactor(['', 'a', 'no', '\n', ' \n x']).text('a no\n x')).toBe('a no\n x')
  })

  it('does not take a secret for a pattern, nor the mask for a replacement pattern', () => {
    expect(redactor(['a.c*', '$&x']).text('abc a.c* $&x')).toBe('abc *** ***')
  })
})

describe('in a stream', () => {
  // A small generator with a known seed: the same texts in every run.
  const random = (seed: number) => () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648
  const next = random(42)
  const upTo = (limit: number): number => Math.floor(next() * limit)
  const word = (length: number): string => Array.from({ length }, () => 'ab*'[upTo(3)]).join('')

  it('gives what the whole text gives, wherever it is cut', () => {
    for (let round = 0; round < 1000; round += 1) {
      const secrets = Array.from({ length: 1 + upTo(3) }, () => word(3 + upTo(5)))
      const whole = word(upTo(60))
      const redact = redactor(secrets)
      const stream = redact.stream()
      let out = ''
      for (let from = 0; from < whole.length;) {
        const length = 1 + upTo(8)
        out += stream.push(whole.slice(from, from + length))
        from += length
      }
      expect(out + stream.end(), JSON.stringify({ secrets, whole })).toBe(redact.text(whole))
    }
  })

  it('holds back only what could be the start of a secret', () => {
    const stream = redactor(['correct horse']).stream()
    expect(stream.push('a prompt> ')).toBe('a prompt> ')
    expect(stream.push('this is c')).toBe('this is ')
    expect(stream.push('orrect hor')).toBe('')
    expect(stream.push('sing')).toBe('correct horsing')
    expect(stream.push(' correct hors')).toBe(' ')
    expect(stream.push('e.')).toBe('***.')
    expect(stream.push('correct')).toBe('')
    expect(stream.end()).toBe('correct')
  })
})

describe('speed', () => {
  const secrets = [
    'hunter2-hunter2',
    'ghp_0123456789abcdefghijABCDEFGHIJ456789',
    `-----BEGIN KEY-----\n${Array.from({ length: 25 }, (_, n) => Buffer.from(`line ${n} of a private key, with some length`).toString('base64')).join('\n')}\n-----END KEY-----`,
  ]
  const line = '[   12.345678] systemd[1]: Started cloud-init.service - Initial cloud-init job (metadata service crawler). ABCdef0123/+\n'

  it('passes 20 MB in far less time than a guest takes to print it', () => {
    const redact = redactor(secrets).stream()
    const chunk = line.repeat(Math.ceil(32768 / line.length))
    let chars = 0
    const ms = processorMs(() => {
      for (let sent = 0; sent < 20e6; sent += chunk.length) chars += redact.push(chunk).length
      chars += redact.end().length
    })
    expect(chars).toBeGreaterThanOrEqual(20e6)
    expect(ms).toBeLessThan(4000)
  })
})
