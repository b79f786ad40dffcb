import { expect, it } from 'vitest'
import { decodePercent } from '../../../src/lib/percent'

it.each([
  ['plain', 'plain'],
  ['a%40b', 'a@b'],
  ['%C3%a9%20', 'é '],
  ['%zz%41%', '%zzA%'],
  ['%ff', '%ff'],
  ['%E2%82', '%E2%82'],
  ['', ''],
])('%j is decoded as %j', (text, decoded) => {
  expect(decodePercent(text)).toBe(decoded)
})
