import { describe, expect, it } from 'vitest'
import { literalFinder } from '../../../src/lib/literals'

describe('literalFinder', () => {
  it('finds words that begin, end and hold one another', () => {
    const words = ['he', 'she', 'his', 'hers', 'rs', '[!']
    const find = literalFinder(words)
    const found = (text: string): string[] => [...find(text)].map((index) => words[index] ?? '').sort()
    expect(found('ushers')).toEqual(['he', 'hers', 'rs', 'she'])
    expect(found('shis [! h')).toEqual(['[!', 'his'])
    expect(found('shhe')).toEqual(['he'])
    expect(found('h\u00e9 s€he')).toEqual(['he'])
    expect(found('')).toEqual([])
  })

  it('answers what String.includes answers', () => {
    let seed = 1
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below
    const word = (length: number): string => Array.from({ length }, () => 'abc'[random(3)]).join('')
    for (let round = 0; round < 200; round += 1) {
      const words = Array.from({ length: 6 }, () => word(1 + random(4)))
      const text = word(random(30))
      expect([...literalFinder(words)(text)].sort()).toEqual(words.flatMap((one, index) => (text.includes(one) ? [index] : [])))
    }
  })
})
