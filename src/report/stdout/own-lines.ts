import { visible } from '../words/text'

// The lines of a text of ours. Colours stay; other controls, which can only come from something quoted, do not.
export const ownLines = (text: string): readonly string[] =>
  text
    // eslint-disable-next-line no-control-regex -- colours
    .split(/(\x1b\[\d*m)/)
    .map((part, index) => (index % 2 === 1 ? part : visible(part)))
    .join('')
    .split('\n')
