import { expect, it } from 'vitest'
import { readStatus } from '../../../../../src/images/trust/signatures/status'

const primary = 'B'.repeat(40)
const valid = `[GNUPG:] VALIDSIG ${'A'.repeat(40)} 2026-11-23 1795402809 0 4 0 22 8 01 ${primary}`

it('a signature is valid only when it is called good as well', () => {
  expect(readStatus(`[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG AAAA A user\n${valid}\n`)).toEqual([{ kind: 'valid', primary }])
  expect(readStatus(`[GNUPG:] NEWSIG\n${valid}\n`)).toEqual([{ kind: 'unusable', key: '' }])
  expect(readStatus(`[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG AAAA A user\n`)).toEqual([{ kind: 'unusable', key: '' }])
})

it('what is said of one signature does not count for another', () => {
  const text = `[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG AAAA A\n[GNUPG:] NEWSIG\n${valid}\n[GNUPG:] NEWSIG\n[GNUPG:] BADSIG CCCC C\n`
  expect(readStatus(text).map(({ kind }) => kind)).toEqual(['unusable', 'unusable', 'bad'])
})

it('what comes before the first signature is none', () => {
  expect(readStatus(`[GNUPG:] GOODSIG AAAA A\n${valid}\n`)).toEqual([])
})
