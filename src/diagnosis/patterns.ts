import { createContext, Script } from 'node:vm'
import type { PatternRule } from '../config/job'
import { JobError } from '../errors'

export interface Pattern extends PatternRule {
  matches(text: string): boolean
}

const script = new Script('pattern.test(text)')
const limitMs = 100

// A regular expression that somebody else wrote, matched against what a guest printed: it may take exponential time, and nothing but V8's
// own watchdog ends that (about 0.1 ms a call). A pattern that ran into the limit never matches again, and `onSlow` is told. config-error
export const compilePattern = (rule: PatternRule, onSlow: (rule: PatternRule) => void): Pattern => {
  let pattern: RegExp | undefined = toRegExp(rule)
  const context = createContext({ pattern, text: '' })
  return {
    ...rule,
    matches(text) {
      if (!pattern) return false
      context['text'] = text
      try {
        return script.runInContext(context, { timeout: limitMs }) === true
      } catch {
        pattern = undefined
        onSlow(rule)
        return false
      }
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
