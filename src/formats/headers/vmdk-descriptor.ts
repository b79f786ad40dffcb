import { printable } from '../../lib/shown'
import type { Refusal } from './refusal'

export interface VmdkExtent {
  readonly sectors: number
  readonly type: string
  readonly file: string
}

export interface VmdkDescriptor {
  readonly createType: string
  readonly extents: readonly VmdkExtent[]
}

const standalone = 'Export the disk as one VMDK that stands alone (streamOptimized or monolithicSparse), or as qcow2.'
const refuse = (refused: string): Refusal => ({ refused, hint: standalone })

// Reads the text in a VMDK that says which files make up the disk. Only a disk in one file, which is this one, is accepted: QEMU would open
// any path that stands here. The rules are those of OpenStack's format inspector and two more, on parents.
export const readDescriptor = (text: string): VmdkDescriptor | Refusal => {
  const values = new Map<string, string>()
  const extents: VmdkExtent[] = []
  const upToNul = text.replace(/\0[^]*$/, '')
  const lines = upToNul.split(/\r?\n/)
  // QEMU looks for these words anywhere, in comments too.
  for (const word of [/createType/gi, /parentCID/gi]) {
    if ((upToNul.match(word)?.length ?? 0) > 1) return refuse('has a VMDK descriptor that contradicts itself')
  }
  const parent = findParent(upToNul)
  if (parent !== undefined) return parent
  if (!/^# disk descriptorfile/i.test(lines[0]?.trim() ?? '')) return refuse('has no VMDK descriptor')
  for (const line of lines.map((untrimmed) => untrimmed.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const extent = /^(RW|RDONLY|NOACCESS)\s+(\d{1,15})\s+([A-Z0-9_]+)\s+"([^"]*)"(?:\s+\d+)?$/i.exec(line)
    const pair = /^([\w.]+)\s*=\s*(?:"([^"]*)"|([^"\s][^"]*)?)$/.exec(line)
    if (extent !== null) extents.push({ sectors: Number(extent[2]), type: (extent[3] ?? '').toUpperCase(), file: extent[4] ?? '' })
    else if (pair !== null) {
      const key = (pair[1] ?? '').toLowerCase()
      if (values.has(key) && !key.startsWith('ddb.')) return refuse(`has a VMDK descriptor that says ${printable(key)} twice`)
      values.set(key, pair[2] ?? pair[3] ?? '')
    } else return refuse(`has a VMDK descriptor with a line that is not known ("${printable(line, 60)}")`)
  }
  const createType = values.get('createtype') ?? ''
  const parentCid = /parentCID\s*=\s*"?(\w*)/i.exec(upToNul)?.[1] ?? 'ffffffff'
  if (parentCid.toLowerCase() !== 'ffffffff') return refuse('is a VMDK that needs a parent disk')
  if (createType !== 'monolithicSparse' && createType !== 'streamOptimized')
    return refuse(`is a VMDK of type "${printable(createType, 40)}"`)
  const [extent] = extents
  if (extent === undefined || extents.length > 1) return refuse(`is a VMDK of ${extents.length} extents; one is accepted`)
  if (extent.type !== 'SPARSE' || /[/\\]/.test(extent.file) || extent.file === '') {
    return refuse(`is a VMDK whose data is in another file ("${printable(extent.file)}")`)
  }
  return { createType, extents }
}

// A parent that is named anywhere in the text: what QEMU takes for the descriptor may be longer than that.
export const findParent = (text: string): Refusal | undefined =>
  /parentFileNameHint/i.test(text)
    ? refuse(`names a parent disk ("${printable(/parentFileNameHint\s*=\s*"?([^"\r\n]*)/i.exec(text)?.[1] ?? '')}")`)
    : undefined
