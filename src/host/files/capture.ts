import type { Captured } from '../../results'
import { boundedFile } from './bounded-file'
import { folderAt } from './folder'
import type { Redactor } from '../../lib/redaction/redact'

export interface CaptureRequest {
  readonly redactor: Redactor
  readonly reportDir: string
  readonly file: string // relative to reportDir; written as the output comes
  readonly tailBytes?: number // 16 KiB unless told
  readonly maxFileBytes?: number // 64 MiB unless told
}

export interface Capture {
  readonly push: (chunk: Uint8Array) => string // what may be shown now: decoded, secrets replaced; guest bytes
  readonly end: (show?: (rest: string) => void) => Captured // rest: what was held back because a secret could have begun there
}

export const storedBytes = 64 * 1024 * 1024

// Takes the output of a program in the guest, secrets replaced: its bytes to a file; decoded as UTF-8 across chunks what is shown, and the end
// in memory.
export const captureOutput = ({
  redactor,
  reportDir,
  file,
  tailBytes = 16 * 1024,
  maxFileBytes = storedBytes,
}: CaptureRequest): Capture => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const redacted = redactor.stream()
  const stored = boundedFile(() => folderAt(reportDir).create(file), maxFileBytes)
  const tail = boundedTail(tailBytes)
  let bytes = 0
  // Secrets are replaced in the bytes, since the file keeps all others as they came.
  const keep = (bytes: string, more: boolean): string => {
    const kept = Buffer.from(bytes, 'latin1')
    stored.write(kept)
    const text = decoder.decode(kept, { stream: more })
    tail.push(text)
    return text
  }
  return {
    push: (chunk) => {
      bytes += chunk.length
      return keep(redacted.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')), true)
    },
    end: (show) => {
      const rest = keep(redacted.end(), false)
      if (rest !== '') show?.(rest)
      stored.close()
      return { bytes, ...tail.end(), ...(stored.written ? { file } : {}) }
    },
  }
}

const boundedTail = (maxBytes: number) => {
  let text = ''
  let truncated = false
  return {
    push: (more: string): void => {
      text += more
      if (text.length <= 2 * maxBytes) return
      text = text.slice(text.length - maxBytes) // a character takes a byte at least
      truncated = true
    },
    end: (): Pick<Captured, 'tail' | 'truncated'> => {
      if (!truncated && Buffer.byteLength(text) <= maxBytes) return { tail: text, truncated }
      const bytes = Buffer.from(text) // a copy: a slice would keep the whole text in memory
      let from = Math.max(bytes.length - maxBytes, 0)
      while (from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1 // not into the middle of a character
      return { tail: bytes.toString('utf8', from), truncated: true }
    },
  }
}
