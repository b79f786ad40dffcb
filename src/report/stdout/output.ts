import type { Colours } from './colours'
import type { Properties } from './commands'

// The one way to stdout. Two kinds: for a GitHub runner, and for a terminal (or a file or pipe).
export interface Output {
  readonly colours: Colours
  group(title: string): void // ends the one before: groups do not nest
  endGroup(): void
  heading(title: string): void // ends a group and opens none
  line(text: string): void // ours; what it quotes is made harmless here
  guest(text: string, source: GuestSource): void // guest bytes, in pieces; shown line by line
  endGuest(source: GuestSource): void // what is left of an unfinished line
  waiting(text: string, atMs: number): void
  command(name: string, properties: Properties, message: string): void // nothing on a terminal
  close(): void
}

// key tells streams apart, so that lines are not mixed up; the gutter stands before each line.
export interface GuestSource {
  readonly key: string
  readonly gutter: string
}
