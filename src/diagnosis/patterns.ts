import type { PatternRule } from '../config/job'
import { JobError } from '../errors'
import { guardedSearch } from '../lib/guarded-search'

export interface Pattern extends PatternRule {
  matches(text: string): boolean
}

// A pattern that takes too long never matches again, and `onSlow` is told. config-error
export const compilePattern = (rule: PatternRule, onSlow: (rule: PatternRule) => void): Pattern => {
  const search = guardedSearch(toRegExp(rule))
  let slow = false
  return {
    ...rule,
    matches(text) {
      if (slow) return false
      const result = search(text)
      slow = result === 'too slow'
      if (slow) onSlow(rule)
      return result === 'found'
    },
  }
}

const toRegExp = ({ match }: PatternRule): RegExp => {
  try {
    return new RegExp(match, 'm')
  } catch (cause) {
    throw new JobError('config-error', `findings: ${JSON.stringify(match)} is not a regular expression`, {
      hint: 'Write a JavaScript regular expression; a backslash before a special character takes it literally.',
      cause,
    })
  }
}
