// The code that Node gives an error of the system, such as ENOENT; empty for any other. Of an AggregateError, which
// node:http throws when a name has several addresses and none answers, it is that of the first.
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
