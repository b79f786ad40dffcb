import { describe, expect, it } from 'vitest'
import { durationText, lastLines, oneLine, visible } from '../../../../src/report/words/text'

it.each([
  [0, '0 ms'],
  [99, '99 ms'],
  [412, '0.4 s'],
  [949, '0.9 s'],
  [950, '0.9 s'],
  [1_249, '1.2 s'],
  [9_960, '10 s'],
  [59_600, '1 min 0 s'],
  [185_000, '3 min 5 s'],
  [3_720_000, '1 h 2 min'],
])('%d ms is %s', (ms, text) => {
  expect(durationText(ms)).toBe(text)
})

describe('what a guest printed', () => {
  it.each([
    ['loses colours, titles, bells and NULs', '\x1b[1;31mred\x1b[0m\x1b]0;t\x07\0\x07.', 'red.'],
    ['shows what a terminal would show of a progress bar', '10%\r 50%\r100%\ndone', '100%\ndone'],
    ['keeps tabs and line ends', 'a\tb\r\nc\n', 'a\tb\nc\n'],
    ['cannot be reordered', 'user\u2066 // admin\u2069', 'user⟨U+2066⟩ // admin⟨U+2069⟩'],
    ['cannot be hidden', 'a\u200bb\u{e0041}c\u00ad', 'a⟨U+200B⟩b⟨U+E0041⟩c⟨U+00AD⟩'],
    ['keeps the joiners of emoji', '👩\u200d🔧', '👩\u200d🔧'],
    ['shows half characters', 'a\ud800b', 'a⟨U+D800⟩b'],
  ])('%s', (_, raw, shown) => {
    expect(visible(raw)).toBe(shown)
  })
})

it('puts text on one line and cuts it', () => {
  expect(oneLine('  a\n\tb  c ')).toBe('a b c')
  expect(oneLine('abcdefgh', 5)).toBe('abcd…')
})

it('keeps the last lines', () => {
  expect(lastLines('1\n2\n3\n\n', { lines: 2, chars: 100 })).toBe('2\n3')
  expect(lastLines('abcdefgh', { lines: 2, chars: 5 })).toBe('…efgh')
})
