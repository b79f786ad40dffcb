import { isScalar, type ParsedNode } from 'yaml'
import { describeNode, scalarText, spanOf } from '../yaml/file'
import type { Reading } from './type'

// Completes 'X …' for a value of a wrong form; `shown` is left out for secrets.
export const mustBe = (expected: string, shown?: string, because?: string): string =>
  `must be ${expected}${shown === undefined ? '' : `, not ${shown}`}${because === undefined ? '' : `: ${because}`}`

// Reports a node that is not what is expected there.
export const reportWrong = ({ file, label }: Reading, node: ParsedNode, expected: string, because?: string): void => {
  const text = isScalar(node) ? scalarText(node) : undefined
  const empty =
    text !== undefined && isScalar(node) && node.value === null
      ? `has no value${text === '' ? '' : ` (${text} means none; put it in quotes if it is meant as a text)`}`
      : text?.trim() === ''
        ? 'is empty'
        : undefined
  file.report(
    spanOf(node),
    `${label} ${empty === undefined ? mustBe(expected, describeNode(node), because) : `${empty}; it must be ${expected}`}`,
  )
}
