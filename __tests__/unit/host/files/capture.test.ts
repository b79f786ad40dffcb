import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { captureOutput } from '../../../../src/host/files/capture'
import { redactor } from '../../../../src/lib/redaction/redact'

let reportDir: string
beforeEach(() => {
  reportDir = mkdtempSync(join(tmpdir(), 'capture-'))
})
afterEach(() => {
  rmSync(reportDir, { recursive: true })
})

const none = redactor([])
const file = 'outputs/one.stdout.txt'
const stored = (): string => readFileSync(join(reportDir, file), 'utf8')

it('decodes characters that are cut by a chunk border, and stores the bytes that came', () => {
  const capture = captureOutput({ redactor: none, reportDir, file })
  const bytes = Buffer.from('grün €\0')
  const shown = [...bytes].map((byte) => capture.push(Uint8Array.of(byte))).join('') + capture.push(Uint8Array.of(0xff, 0xc3))
  expect(shown).toBe('grün €\0\ufffd')
  expect(capture.end()).toEqual({ bytes: bytes.length + 2, tail: 'grün €\0\ufffd\ufffd', truncated: false, file })
  expect(readFileSync(join(reportDir, file))).toEqual(Buffer.concat([bytes, Buffer.of(0xff, 0xc3)]))
})

it('replaces a secret that comes in two chunks, in what is shown, in the tail and in the file', () => {
  const capture = captureOutput({ redactor: redactor(['hunter2hunter2']), reportDir, file })
  const shown = capture.push(Buffer.from('password: hunter2h')) + capture.push(Buffer.from('unter2\n'))
  const { tail } = capture.end()
  expect([shown, tail, stored()]).toEqual(Array(3).fill('password: ***\n'))
})

it('keeps every byte but those of a secret, wherever the chunks end', () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
  const all = Buffer.concat([every, Buffer.from('hun\0ter2\x1b[mhunter2'), every])
  const capture = captureOutput({ redactor: redactor(['hunter2hunter2']), reportDir, file })
  for (let from = 0; from < all.length; from += 3) capture.push(all.subarray(from, from + 3))
  const { bytes } = capture.end()
  expect(bytes).toBe(all.length)
  expect(readFileSync(join(reportDir, file))).toEqual(Buffer.concat([every, Buffer.from('***'), every]))
})

it('shows at the end what could have been the start of a secret', () => {
  const capture = captureOutput({ redactor: redactor(['hunter2hunter2']), reportDir, file })
  expect(capture.push(Buffer.from('a hunt'))).toBe('a ')
  let rest = ''
  const { tail } = capture.end((text) => (rest = text))
  expect([rest, tail]).toEqual(['hunt', 'a hunt'])
})

it('is on the disk before the program ends', () => {
  const capture = captureOutput({ redactor: none, reportDir, file })
  capture.push(Buffer.from('so far'))
  expect(stored()).toBe('so far')
  capture.end()
})

it('keeps the end of long output in memory and cuts the file with a note', () => {
  const capture = captureOutput({ redactor: none, reportDir, file, tailBytes: 10, maxFileBytes: 1000 })
  for (let line = 0; line < 500; line += 1) capture.push(Buffer.from(`line ${line} é\n`))
  expect(capture.end()).toEqual({ bytes: 5890, tail: 'ne 499 é\n', truncated: true, file })
  expect(stored()).toMatch(/^line 0 é\n[^]*\n\[image-test: 1000 bytes are kept; what followed is not\]\n$/)
  expect(Buffer.byteLength(stored())).toBeLessThan(1000 + 80)
})

it('does not begin the tail in the middle of a character', () => {
  const capture = captureOutput({ redactor: none, reportDir, file, tailBytes: 2 })
  capture.push(Buffer.from('é\n'))
  expect(capture.end().tail).toBe('\n')
})

it('makes no file when nothing was printed, and survives a file that cannot be', () => {
  expect(captureOutput({ redactor: none, reportDir, file }).end()).toEqual({ bytes: 0, tail: '', truncated: false })
  expect(existsSync(join(reportDir, file))).toBe(false)
  const nowhere = captureOutput({ redactor: none, reportDir: '/dev/null', file })
  expect(nowhere.push(Buffer.from('text'))).toBe('text')
  expect(nowhere.end()).toEqual({ bytes: 4, tail: 'text', truncated: false })
})

it('keeps nothing in memory of what goes to a file only', () => {
  const capture = captureOutput({ redactor: none, reportDir, file, tailBytes: 0 })
  for (let n = 0; n < 3; n += 1) capture.push(Buffer.from('text\n'))
  expect(capture.end()).toEqual({ bytes: 15, tail: '', truncated: true, file })
  expect(stored()).toBe('text\ntext\ntext\n')
})
