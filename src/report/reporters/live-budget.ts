export interface LiveChars {
  readonly perGroup: number
  readonly inAll: number
}

// How much of a guest's output the live log takes: a log of gigabytes can't be opened, and all of it is in the report's files.
export const liveBudget = ({ perGroup, inAll }: LiveChars) => {
  let leftInAll = inAll
  let left = Math.min(perGroup, inAll)
  let told = false
  return {
    nextGroup: (): void => {
      left = Math.min(perGroup, leftInAll)
      told = false
    },
    // spent: once in a group, with the first text that is cut.
    take: (text: string): { readonly shown: string; readonly spent: boolean } => {
      const shown = text.slice(0, left)
      const spent = !told && shown.length < text.length
      told ||= spent
      left -= shown.length
      leftInAll -= shown.length
      return { shown, spent }
    },
  }
}
