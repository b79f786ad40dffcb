// What the parser of an archive and the stream that feeds it say to each other.

export interface Member {
  readonly name: string // relative, without '.' and '..'
  readonly bytes: number // of the file, holes included
  readonly offset?: number // in the archive, where the file lies there as it is
}

export interface MemberSink {
  write(chunk: Buffer): Promise<void> // what it keeps it must copy
  end(): Promise<void>
}

// What a parser waits for: so many bytes at once, so many to be handed on as they come, or nothing any more.
export type Want =
  | { readonly kind: 'take'; readonly bytes: number }
  | { readonly kind: 'pass'; readonly bytes: number; readonly to: MemberSink | undefined }
  | { readonly kind: 'over' }
export type Parser<T = void> = AsyncGenerator<Want, T, Buffer>
export type SyncParser<T> = Generator<Want, T, Buffer> // a part of a parser that waits for nothing else
