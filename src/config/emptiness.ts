// Anchors, blanks and line ends, their groups, alternatives and repetitions: what takes no letter of a text.
const nothing = /\\[bBsnrtfv]|\[(?:\\[snrtfv]|\s)*\]|\{\d*,?\d*\}|\(\?:|\((?!\?)|[\s^$*+?|)]/g

// Whether a pattern is right for an empty text and can be right for nothing else that one would see: with flag m it is so at some line, or at
// the end, of nearly any text.
export const matchesOnlyEmptiness = (pattern: string): boolean => new RegExp(pattern, 'm').test('') && pattern.replace(nothing, '') === ''
