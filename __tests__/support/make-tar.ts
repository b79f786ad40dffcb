// Archives written by hand, so that they can be wrong.
export interface Entry {
  readonly name: string
  readonly content?: Buffer | string
  readonly type?: string
  readonly link?: string
  readonly magic?: string
  readonly size?: string // of the field, instead of the content's
  readonly checksum?: number
  readonly change?: (header: Buffer) => void // before the checksum
}

export const entry = ({ name, content = '', type = '0', link = '', magic = 'ustar\x0000', size, checksum, change }: Entry): Buffer => {
  const data = Buffer.from(content)
  const header = Buffer.alloc(512)
  header.write(name, 0, 100)
  header.write('0000644\0' + '0000000\0' + '0000000\0', 100)
  header.write(size ?? `${data.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(type, 156, 'latin1')
  header.write(link, 157)
  header.write(magic, 257, 'latin1')
  change?.(header)
  const sum = checksum ?? header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)])
}

export const end = Buffer.alloc(1024)

export const tar = (...entries: readonly (Entry | Buffer)[]): Buffer =>
  Buffer.concat([...entries.map((one) => (Buffer.isBuffer(one) ? one : entry(one))), end])

// The value of a pax header.
export const pax = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([key, value]) => {
      const rest = Buffer.byteLength(` ${key}=${value}\n`)
      let length = rest
      while (length !== rest + String(length).length) length = rest + String(length).length
      return `${length} ${key}=${value}\n`
    })
    .join('')
