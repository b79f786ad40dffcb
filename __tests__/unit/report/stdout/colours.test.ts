import { describe, expect, it } from 'vitest'
import { colours, wantsColour } from '../../../../src/report/stdout/colours'

describe('colours', () => {
  it('are the codes of each, whatever Node thinks of its own stdout', () => {
    const { bold, dim, red, green, yellow } = colours(true)
    expect([bold('a'), dim('b'), red('c'), green('d'), yellow(''), red('two\nlines')]).toEqual([
      '\x1b[1ma\x1b[22m',
      '\x1b[2mb\x1b[22m',
      '\x1b[31mc\x1b[39m',
      '\x1b[32md\x1b[39m',
      '\x1b[33m\x1b[39m',
      '\x1b[31mtwo\nlines\x1b[39m',
    ])
  })

  it('are none where none are wanted', () => {
    expect(Object.values(colours(false)).map((paint) => paint('a'))).toEqual(Array(5).fill('a'))
  })

  it.each([
    [true, {}, true],
    [true, { NO_COLOR: '' }, true],
    [true, { NO_COLOR: '1' }, false],
    [false, { FORCE_COLOR: '1' }, false],
  ])('are wanted (terminal: %s, %j): %s', (isTty, env, wanted) => {
    expect(wantsColour(isTty, env)).toBe(wanted)
  })
})
