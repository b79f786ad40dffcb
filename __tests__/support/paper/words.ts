// What consoles and journals of paper machines say.
import type { Word } from './story'

export const words: Readonly<Record<Word, string>> = {
  crash: '[   12.345678] foo[12]: segfault at 0 ip 0000000000401136 sp 00007ffd error 4 in foo[401000+1000]\n',
  oops: '[   12.345678] Oops: general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP\n[   12.345679] ---[ end trace 0000000000000000 ]---\n',
  lockup: '[   12.345678] watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [foo:12]\n',
}

// A journal has other messages than the console: what both say is told once.
export const journalWords: Readonly<Record<Word, string>> = {
  crash: '[   13.000000] guest kernel: bar[13]: segfault at 0 ip 0000000000401136 sp 00007ffd error 4 in bar[401000+1000]\n',
  oops: '[   13.000000] guest kernel: Oops: invalid opcode: 0000 [#2] SMP\n[   13.000001] guest kernel: ---[ end trace 0000000000000001 ]---\n',
  lockup: '[   13.000000] guest kernel: watchdog: BUG: soft lockup - CPU#1 stuck for 23s! [bar:13]\n',
}

// By which a job ignores them.
export const patterns: Readonly<Record<Word, string>> = { crash: 'segfault at', oops: 'Oops: ', lockup: 'soft lockup' }

export const panic = (why: string): string => `[    2.000000] Kernel panic - not syncing: ${why}\n`
export const linux = '[    0.000000] Linux version 6.1\n'
