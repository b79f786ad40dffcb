// Reading what strangers publish: what has not the shape that is known is left out.
export type Json = Readonly<Record<string, unknown>>

export const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

export const jsonList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : [])

export const jsonText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

export const jsonEntries = (value: unknown): readonly (readonly [string, unknown])[] => Object.entries(record(value))
