import { readFileSync } from 'node:fs'

// Bits of capabilities(7).
export const capability = { chown: 0, dacOverride: 1, kill: 5, setgid: 6, setuid: 7, setpcap: 8 } as const

// Whether this process has them all: root of a container may not.
export const hasCapabilities = (...bits: readonly number[]): boolean => {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return bits.every((bit) => ((BigInt(`0x${effective}`) >> BigInt(bit)) & 1n) === 1n)
}
