import { createContext, Script } from 'node:vm'
import type { PatternRule } from '../config/job'
import { JobError } from '../errors'

export interface Pattern extends PatternRule {
  matches(text: string): boolean
}

const script = new Script('pattern.test(text)')
// Milliseconds of wall-clock time, so a second try: on a busy host the first may pass without us having run at all.
const limitsMs = [300, 1000]

// A regular expression that somebody else wrote, matched against what a guest printed: it may take exponential time, and nothing but V8's
// own watchdog ends that (about 0.1 ms a call). A pattern that takes longer than a second never matches again, and `onSlow` is told. config-error
export const compilePattern = (rule: PatternRule, onSlow: (rule: PatternRule) => void): Pattern => {
  let pattern: RegExp | undefined = toRegExp(rule)
  const context = createContext({ pattern, text: '' })
  return {
    ...rule,
    matches(text) {
      if (!pattern) return false
      context['text'] = text
      for (const timeout of limitsMs) {
        try {
          return script.runInContext(context, { timeout }) === true
        } catch {
          // Out of time: nothing else is thrown by a match.
        }
      }
      pattern = undefined
      onSlow(rule)
      return false
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
