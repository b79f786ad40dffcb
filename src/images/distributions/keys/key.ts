// A key that may sign checksum files: a fact of this project, so that no network decides whom we trust.
export interface PublishedKey {
  readonly release?: string // absent: it signs all releases
  readonly owner: string // for messages and the report
  readonly fingerprint: string // of the primary key: upper-case hex, 40 digits
  readonly armored: string
}
