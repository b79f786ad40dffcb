import type { When } from '../config/job'
import type { MachineFacts } from '../guest/live'

const words = ['distro', 'variant', 'arch', 'provider', 'accelerator'] as const

// Why a test is not for this machine, in words; undefined when it is. A fact that the machine does not tell is no reason to run.
export const unmet = (when: When, facts: MachineFacts): string | undefined => {
  for (const name of words) {
    const wanted = when[name]
    if (wanted === undefined) continue
    const fact = facts[name]
    if (fact === undefined) return `the machine does not tell its ${name}, and it is for ${wanted.join(' or ')} only`
    if (!wanted.some((one) => one === fact)) return `${name} is ${fact}, and it is for ${wanted.join(' or ')} only`
  }
  const { version: comparisons } = when
  if (comparisons === undefined) return undefined
  const asked = comparisons.map(({ operator, version }) => (operator === '=' ? version : `${operator}${version}`)).join(', ')
  const { version } = facts
  if (version === undefined) return `the machine does not tell its version, and it is for version ${asked} only`
  return comparisons.every((comparison) => holds(version, comparison))
    ? undefined
    : `version is ${version}, and it is for version ${asked} only`
}

// Number by number, as far as the comparison is written: 9.4 is 9, and not above it.
const holds = (fact: string, { operator, version }: NonNullable<When['version']>[number]): boolean => {
  if (!/^\d+(\.\d+)*$/.test(fact)) return false
  const have = fact.split('.').map(Number)
  const order =
    version
      .split('.')
      .map((number, index) => Math.sign((have[index] ?? 0) - Number(number)))
      .find((sign) => sign !== 0) ?? 0
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
  }
}
