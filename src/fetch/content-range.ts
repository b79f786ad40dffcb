// What a server says of the part that it sends: https://www.rfc-editor.org/rfc/rfc9110#name-content-range
import { ChangedError } from './download-errors'
import type { Response } from './http'

// The length of the whole file. ChangedError when a part does not begin where the last one ended.
export const totalLength = (response: Response, had: number): number | undefined => {
  if (response.status === 200) {
    const length = response.header('content-length')
    return length === undefined ? undefined : Number(length)
  }
  const range = rangeOf(response)
  if (range?.start !== had) throw new ChangedError()
  return range.total
}

export interface Range {
  readonly start: number
  readonly end: number // exclusive
  readonly total: number | undefined
}

export const rangeOf = (response: Response): Range | undefined => {
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.header('content-range') ?? '') ?? []
  if (first === undefined) return undefined
  return { start: Number(first), end: Number(last) + 1, total: total === '*' ? undefined : Number(total) }
}
