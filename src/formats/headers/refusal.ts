// Why an image is not accepted: data, not an exception, so that every reader says whether it is done by its type.
export interface Refusal {
  readonly refused: string // completes 'IMAGE …': 'names a backing file'
  readonly hint: string
}

export const isRefusal = (value: unknown): value is Refusal => typeof value === 'object' && value !== null && 'refused' in value

// One thing that must hold, and what to say when it does not.
export interface HeaderRule<Fields> {
  readonly holds: (fields: Fields) => boolean
  readonly refused: (fields: Fields) => string
  readonly hint: string
}

export const firstBroken = <Fields>(rules: readonly HeaderRule<Fields>[], fields: Fields): Refusal | undefined => {
  const broken = rules.find(({ holds }) => !holds(fields))
  return broken && { refused: broken.refused(fields), hint: broken.hint }
}
