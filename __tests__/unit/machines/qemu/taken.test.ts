import { expect, it } from 'vitest'
import { takenConnections } from '../../../../src/machines/qemu/machine'

// As `info usernet` of QEMU 7.2 prints it.
const table = `Hub -1 (n0):
  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
  TCP[SYN_SENT]      11       127.0.0.1 39491       10.0.2.15    22     0     0
  TCP[ESTABLISHED]    8       127.0.0.1 39491       10.0.2.15    22     0     0
  TCP[ESTABLISHED]   12       10.0.2.15 40112  151.101.86.132    80     0     0
  TCP[HOST_FORWARD]   3       127.0.0.1 39491       10.0.2.15    22     0     0
`

it('counts the connections to the guest that the guest itself has taken', () => {
  expect(takenConnections(table, 39491)).toBe(1)
  expect(takenConnections(table, 3949)).toBe(0)
})
