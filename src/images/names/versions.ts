// Versions as publishers number them: 9.6-20250522.0, 44-1.7, 20260705. The numbers in them are compared one by one.
export const compareVersions = (left: string, right: string): number => {
  const [numbers, others] = [numbersOf(left), numbersOf(right)]
  for (let index = 0; index < Math.max(numbers.length, others.length); index += 1) {
    const difference = (numbers[index] ?? -1) - (others[index] ?? -1)
    if (difference !== 0) return difference
  }
  return alphabetical(left, right)
}

// For people: the newest first, and words without a number as in a dictionary.
export const newestFirst = (left: string, right: string): number =>
  numbersOf(left).length + numbersOf(right).length === 0 ? alphabetical(left, right) : compareVersions(right, left)

const alphabetical = (left: string, right: string): number => (left < right ? -1 : Number(left > right))

const numbersOf = (version: string): readonly number[] => (version.match(/\d+/g) ?? []).map(Number)
