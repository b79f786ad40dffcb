import { describe, expect, it } from 'vitest'
import { processorMs } from '../../../../support/processor-time'
import { clearSignedParts, wordsOf } from '../../../../../src/images/trust/signatures/clear-signed'

const part =
  '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n# x\n- - dash\nword\n-----BEGIN PGP SIGNATURE-----\n\nabc=\n-----END PGP SIGNATURE-----\n'
const parts = (text: string): readonly string[] => clearSignedParts(Buffer.from(text))
const words = (text: string): string => wordsOf(Buffer.from(text))

describe('a clear-signed text', () => {
  it.each([
    ['alone', part],
    ['with lines around it', `before\n\n${part}after\n`],
    ['after what only looks like one', `x-----BEGIN PGP SIGNED MESSAGE-----\n${part}`],
  ])('is found %s', (_name, text) => {
    expect(parts(text)).toEqual([part])
    expect(words(text)).toBe('# x\n- dash\nword')
  })

  it('may have CRLF', () => {
    expect(words(part.replaceAll('\n', '\r\n'))).toBe('# x\r\n- dash\r\nword\r')
  })

  it('may be one of several: the first is read', () => {
    expect(parts(`${part}\n${part.replace('word', 'other')}`)).toHaveLength(2)
    expect(words(`${part}\n${part.replace('word', 'other')}`)).toBe('# x\n- dash\nword')
  })

  it.each([
    ['nothing', ''],
    ['a plain text', 'SHA256 (x) = 1\n'],
    ['one that is cut off', part.slice(0, -30)],
    ['only its end', '-----END PGP SIGNATURE-----\n'],
  ])('is not %s', (_name, text) => {
    expect(parts(text)).toEqual([])
    expect(words(text)).toBe(text)
  })

  it('is found in time, however many begin', () => {
    const ms = processorMs(() => {
      expect(parts('-----BEGIN PGP SIGNED MESSAGE-----\n'.repeat(30_000))).toEqual([])
      expect(parts(`${'-----BEGIN PGP SIGNED MESSAGE-----\n'.repeat(30_000)}${part}`)).toHaveLength(1)
    })
    expect(ms).toBeLessThan(1000)
  })
})
