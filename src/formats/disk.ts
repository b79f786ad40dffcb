import type { DiskFile, Window } from './disk-file'

// A disk as its headers tell it, and the file in which it lies.
export interface Disk {
  readonly path: string // for messages: nobody opens it a second time
  readonly file: Pick<DiskFile, 'fd' | 'bytes' | 'readAt' | 'unchanged'> // that was inspected
  readonly window?: Window // absent: the whole file
  readonly format: 'qcow2' | 'raw'
  readonly virtualBytes: number
}
