import { describe, expect, it } from 'vitest'
import { uninterrupted } from '../../../../src/lib/redaction/interruptions'
import { redactor } from '../../../../src/lib/redaction/redact'
import { interruptions, written } from './interruptions'

const secret = 'hunter2-é-horse'
const { text, stream } = redactor([secret])
const all = Object.entries({ ...interruptions, ...written })
const bytes = (shown: string): string => Buffer.from(shown).toString('latin1')
const shownOf = (latin1: string): string => Buffer.from(latin1, 'latin1').toString()

describe.each(all)('with %s', (_, between) => {
  it('after each character, a secret is replaced', () => {
    expect(text(`password: ${Array.from(secret).join(between)}, so`)).toBe('password: ***, so')
  })

  it('at any one place, a secret is replaced', () => {
    for (let at = 1; at < secret.length; at += 1) {
      expect(text(`a ${secret.slice(0, at)}${between}${secret.slice(at)} b`)).toBe('a *** b')
    }
  })

  it('a secret is replaced in a stream, wherever that is cut', () => {
    const whole = bytes(`a ${secret.slice(0, 3)}${between}${secret.slice(3, 9)}${between}${secret.slice(9)} b\n`)
    for (let size = 1; size < whole.length; size += 1) {
      const redacted = stream()
      let out = ''
      for (let from = 0; from < whole.length; from += size) out += redacted.push(whole.slice(from, from + size))
      expect(shownOf(out + redacted.end()), `${size} bytes at a time`).toBe('a *** b\n')
    }
  })

  it('the beginning of one that was cut off is replaced', () => {
    expect(text(`stdout is "hun${between}ter2-é…"`)).toBe('stdout is "***…"')
  })

  it('any other text stays as it is', () => {
    const other = `hun${between}dred ${between} hunter${between}3\n`
    expect(text(other)).toBe(other)
    const redacted = stream()
    expect(redacted.push(bytes(other)) + redacted.end()).toBe(bytes(other))
  })
})

it('replaces a secret in which bytes stand that belong to no character', () => {
  for (const wrong of ['\xff', '\x80', '\xc3', '\xe2\x80']) {
    const redacted = stream()
    expect(redacted.push(`a hun${wrong}ter2-${bytes('é')}${wrong}-horse b`) + redacted.end()).toBe('a *** b')
  }
})

it('keeps bytes that belong to no character', () => {
  const every = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
  const redacted = stream()
  expect(redacted.push(every) + redacted.push(every) + redacted.end()).toBe(every + every)
})

it('holds little back, however much stands inside a secret', () => {
  const redacted = stream()
  let out = redacted.push('a hun')
  for (let sent = 0; sent < 64; sent += 1) out += redacted.push('\0'.repeat(4096))
  out += redacted.push(bytes('ter2-é-horse b'))
  out += redacted.end()
  expect(out).toBe('a *** b')
  out = redacted.push('a hun')
  for (let sent = 0; sent < 64; sent += 1) out += redacted.push('\0'.repeat(4096))
  expect(out).toMatch(/^a \*\*\*/)
})

it('finds a secret that has such a character itself', () => {
  const own = redactor(['zero\u200bwidth', 'two\r\nlines'])
  expect(own.text('a zero\u200bwidth, zerowidth, zero\0width, two\r\nlines, two\nlines b')).toBe('a ***, ***, ***, ***, *** b')
})

it('knows every character that is not seen', () => {
  const missed: string[] = []
  const seen: string[] = []
  for (let code = 0x80; code < 0x110000; code += 1) {
    if (code >= 0xd800 && code < 0xe000) continue
    const char = String.fromCodePoint(code)
    if (!/[\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufffd\u0080-\u009f]/u.test(char)) seen.push(char)
    else if (uninterrupted(bytes(char)) !== '') missed.push(code.toString(16))
  }
  expect(missed).toEqual([])
  for (let from = 0; from < seen.length; from += 4096) {
    const some = bytes(`${seen.slice(from, from + 4096).join('')}.`)
    expect(uninterrupted(some)).toBe(some)
  }
})
