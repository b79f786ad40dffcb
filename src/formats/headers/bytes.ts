// Numbers in a header. Reading past its end gives zero, which every rule about a length or an offset then refuses.
export interface Bytes {
  readonly length: number
  readonly u8: (at: number) => number
  readonly u16: (at: number) => number
  readonly u32: (at: number) => number
  readonly u64: (at: number) => number // exact up to 2^53; what is larger lies beyond the end of any file
  readonly text: (at: number, length: number) => string // one character a byte, so that no bytes are lost or invalid
}

const reader = (head: Buffer, littleEndian: boolean): Bytes => {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const within = (at: number, length: number): boolean => at >= 0 && at + length <= head.length
  const u32 = (at: number): number => (within(at, 4) ? view.getUint32(at, littleEndian) : 0)
  return {
    length: head.length,
    u8: (at) => (within(at, 1) ? view.getUint8(at) : 0),
    u16: (at) => (within(at, 2) ? view.getUint16(at, littleEndian) : 0),
    u32,
    u64: (at) => u32(littleEndian ? at + 4 : at) * 2 ** 32 + u32(littleEndian ? at : at + 4),
    text: (at, length) => head.toString('latin1', at, Math.min(at + length, head.length)),
  }
}

export const bigEndian = (head: Buffer): Bytes => reader(head, false)
export const littleEndian = (head: Buffer): Bytes => reader(head, true)
