import { describe, expect, it } from 'vitest'
import { heldOut, mistakes, readCase, readCorpus } from './corpus'

const cases = readCorpus()

describe('the corpus of consoles', () => {
  it.each(cases)('$name', (one) => {
    expect(mistakes(one, readCase(one))).toEqual([])
  })

  it('is told in these sentences', () => {
    const told = cases
      .filter(({ healthy }) => !healthy)
      .map((one) => {
        const { verdict, ended, sentence, hint } = readCase(one)
        return `${one.name} (${ended === 'deadline' ? 'at the deadline' : `at line ${ended.line}`}, ${verdict ?? 'healthy'})\n  ${sentence}\n  ${hint}`
      })
    expect(told.join('\n\n')).toMatchSnapshot()
  })
})

describe('the held-out consoles', () => {
  it('are told right but for these', () => {
    const wrong = readCorpus(heldOut).flatMap((one) => {
      const what = mistakes(one, readCase(one))
      return what.length === 0 ? [] : [`${one.name}\n  ${what.join('\n  ')}`]
    })
    expect(wrong.join('\n')).toMatchSnapshot()
  })
})
