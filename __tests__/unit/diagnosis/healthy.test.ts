import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { watched } from './samples'

const folder = join(import.meta.dirname, 'healthy')
const consoles = readdirSync(folder)
  .filter((name) => name.endsWith('.txt'))
  .map((name) => {
    const [header = '', ...lines] = readFileSync(join(folder, name), 'utf8').split('\n')
    return { name, stages: header.replace('# ', '').split(' ').filter(Boolean), text: lines.join('\r\n') }
  })

// Pieces as a serial port gives them: of any size, cut anywhere.
const pieces = (text: string, seed: number): Uint8Array[] => {
  const bytes = Buffer.from(text)
  const cut: Uint8Array[] = []
  for (let at = 0, size = seed; at < bytes.length; at += size, size = ((size * 7919) % 97) + 1) cut.push(bytes.subarray(at, at + size))
  return cut
}

describe.each(consoles)('the healthy console $name', ({ text, stages }) => {
  it('has no finding and passes the usual stages', () => {
    const { diagnosis, feed, findings, fatals, stages: seen } = watched()
    feed(text)
    diagnosis.flush()
    expect(findings).toEqual([])
    expect(fatals).toEqual([])
    expect(seen).toEqual(stages)
  })

  it('reads the same in pieces', () => {
    for (const seed of [1, 5, 64]) {
      const { diagnosis, feed, findings, stages: seen } = watched()
      for (const piece of pieces(text, seed)) feed(piece)
      diagnosis.flush()
      expect(findings).toEqual([])
      expect(seen).toEqual(stages)
    }
  })

  it('has no finding as a journal', () => {
    const { diagnosis, feed, findings } = watched({ source: 'journal' })
    for (const line of text.split('\r\n')) feed(`Nov 22 21:18:23 image-test ${line.startsWith('[  ') ? 'kernel' : 'systemd[1]'}: ${line}\n`)
    diagnosis.flush()
    expect(findings).toEqual([])
  })
})
