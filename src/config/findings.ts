import { findingsFields, type WrittenJob, type WrittenRules } from './fields/job'
import type { FindingsPolicy } from './job'
import { defaultOf } from './types/scalar'
import { whileItHolds, type Today } from './until'

// What to make of findings. Rules whose last day is past are left out, with a warning.
export const findingsPolicy = (findings: WrittenJob['findings'] = {}, day: Today): FindingsPolicy => {
  const holding = (rules: WrittenRules = [], key: string) =>
    rules.flatMap(({ value, location }) => {
      const rule = whileItHolds(value, `the rule of findings.${key} for "${value.match}"`, location, day)
      return rule === undefined ? [] : [{ match: rule.match, reason: rule.reason }]
    })
  return {
    failOn: findings['fail-on'] ?? defaultOf(findingsFields['fail-on']),
    ignore: holding(findings.ignore, 'ignore'),
    require: holding(findings.require, 'require'),
  }
}
