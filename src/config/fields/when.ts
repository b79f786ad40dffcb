// The key `when` of a test: on which machines it means something.
import { oneOrMany } from '../types/collections'
import { mapping } from '../types/mapping'
import { accepted, choice, matching, refused, scalar } from '../types/scalar'

const operators = ['>=', '<=', '!=', '>', '<', '='] as const

export interface VersionComparison {
  readonly operator: (typeof operators)[number]
  readonly version: string // numbers with dots between them
}

const comparison = /^(>=|<=|!=|>|<|==?)?\s*(\d+(?:\.\d+)*)$/

const comparisons = scalar<readonly VersionComparison[]>({
  expected: 'a version such as `44`, `">=41"` or `">=9, <10"`',
  placeholder: 'VERSION',
  schema: { type: ['string', 'number'] },
  parse: (written) => {
    const parts = written.split(',').map((part) => comparison.exec(part.trim()))
    const read = parts.flatMap((part): readonly VersionComparison[] => {
      const operator = operators.find((one) => one === (part?.[1] ?? '=').replace('==', '='))
      return part?.[2] === undefined || operator === undefined ? [] : [{ operator, version: part[2] }]
    })
    return read.length === parts.length ? accepted(read) : refused
  },
})

const identifier = matching('a word such as os-release has', 'WORD', /^[\w.-]+$/)

export const whenFields = {
  distro: { type: oneOrMany(identifier, 'a distribution'), description: 'ID of /etc/os-release, such as `fedora`, or a list of them.' },
  version: {
    type: comparisons,
    description:
      'VERSION_ID of /etc/os-release: a version, or comparisons with commas between them (`">=9, <10"`), number by number as far as they are written: `9` is 9.4 too.',
  },
  variant: { type: oneOrMany(identifier, 'a variant'), description: 'VARIANT_ID of /etc/os-release, or a list of them.' },
  arch: { type: oneOrMany(choice('x86_64', 'aarch64'), 'an architecture'), description: '`x86_64`, `aarch64`, or a list of them.' },
  provider: { type: oneOrMany(choice('qemu'), 'a provider'), description: 'What runs the machine: `qemu`.' },
  accelerator: { type: oneOrMany(choice('kvm', 'tcg'), 'an accelerator'), description: '`kvm` or `tcg`, which is emulation.' },
} as const

export const when = mapping(whenFields, {
  check: ({ has, report }) => {
    if (!Object.keys(whenFields).some((key) => has(key as keyof typeof whenFields)))
      report(undefined, '`when` says nothing; give it a key such as `distro`, or remove it')
  },
  schema: { minProperties: 1 },
})
