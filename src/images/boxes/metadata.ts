import { memberName } from '../../formats/tar/name'
import type { Refuse } from '../../formats/tar/refuse'
import { printable } from '../../lib/shown'

export const providers = ['libvirt', 'virtualbox', 'qemu'] as const
export type BoxProvider = (typeof providers)[number]

// What a box's metadata.json says. The virtual sizes in it are not read: the tools that write them disagree about rounding and units.
export interface BoxMetadata {
  readonly provider: BoxProvider
  readonly architecture?: string
  readonly disks?: readonly BoxDisk[] // in the order in which the guest sees them; absent where an OVF tells
}

export interface BoxDisk {
  readonly member: string
  readonly format?: 'qcow2' | 'raw'
}

const repair = 'Make the box anew with a complete metadata.json, or give the disk that is in it.'

// Formats of vagrant-libvirt: in v1 the disk is box.img, in v2 `disks` names them. vagrant-qemu takes the same.
export const readMetadata = (text: string, refuse: Refuse): BoxMetadata => {
  const values = readObject(text, 'metadata.json', refuse)
  const { provider, architecture, format, disks } = values
  if (typeof provider !== 'string') throw refuse('has a metadata.json without a provider', repair)
  const known = providers.find((name) => name === provider)
  if (known === undefined) {
    throw refuse(
      `is a box for the provider ${JSON.stringify(printable(provider, 40))}`,
      `Boxes for ${providers.join(', ')} are tested; many boxes are published for several providers.`,
    )
  }
  const arch = typeof architecture === 'string' ? { architecture } : {}
  if (known === 'virtualbox') return { provider: known, ...arch }
  if (disks === undefined) {
    return { provider: known, ...arch, disks: [{ member: 'box.img', ...formatOf(format, refuse) }] }
  }
  if (!Array.isArray(disks) || disks.length === 0) throw refuse('has a metadata.json whose "disks" is no list of disks', repair)
  return { provider: known, ...arch, disks: disks.map((disk: unknown) => readDisk(disk, refuse)) }
}

const readDisk = (disk: unknown, refuse: Refuse): BoxDisk => {
  const { path, format } = typeof disk === 'object' && disk !== null ? (disk as { path?: unknown; format?: unknown }) : {}
  if (typeof path !== 'string') throw refuse('has a metadata.json with a disk that has no path', repair)
  return { member: memberName(path, refuse), ...formatOf(format, refuse) }
}

const formatOf = (format: unknown, refuse: Refuse): Pick<BoxDisk, 'format'> => {
  if (format === undefined) return {}
  if (format === 'qcow2' || format === 'raw') return { format }
  throw refuse(`has a disk of the format ${JSON.stringify(format).slice(0, 40)}`, 'Disks of boxes are qcow2 or raw.')
}

export const readObject = (text: string, name: string, refuse: Refuse): Readonly<Record<string, unknown>> => {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    throw refuse(`has a ${name} that is not JSON`, repair, error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(`has a ${name} that is no JSON object`, repair)
  return value as Record<string, unknown>
}
