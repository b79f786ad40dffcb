import { memberName } from '../tar/name'
import type { Refuse } from '../tar/refuse'
import { printable } from '../shown'

// What an OVF says of a virtual machine: the disks in order, whether it boots by UEFI, and what its first disk is attached to.
export interface Ovf {
  readonly disks: readonly string[] // names of members
  readonly uefi: boolean
  readonly diskBus?: string // sata, ide or scsi
}

const repair = 'Export the machine anew, as OVF 1.0 or 2.0.'

// Reads the few elements that matter, whatever the prefix of their names; see DSP0243. An entity could bring in anything, so that a document
// with definitions of its own is refused.
export const readOvf = (text: string, refuse: Refuse): Ovf => {
  const xml = text.replace(/<!--[^]*?-->/g, '')
  if (/<!(DOCTYPE|ENTITY|\[CDATA\[)/i.test(xml)) throw refuse('has an OVF with definitions of its own', repair)
  const files = new Map<string, string>()
  for (const file of elements(xml, 'References', 'File')) {
    const { id, href, compression } = file
    if (id === undefined || href === undefined) throw refuse('has an OVF that cannot be understood', repair)
    if (/^[a-z][a-z0-9+.-]*:/i.test(href)) throw refuse(`has an OVF that refers to ${printable(href)}`, 'Pack everything into one file.')
    if (compression !== undefined && compression !== 'identity') throw refuse('has an OVF with packed disks', 'Use streamOptimized VMDK.')
    if (files.has(id)) throw refuse('has an OVF that contradicts itself', repair)
    files.set(id, memberName(href, refuse))
  }
  const disks = elements(xml, 'DiskSection', 'Disk').flatMap(({ fileRef, parentRef }) => {
    if (parentRef !== undefined) throw refuse('has an OVF with a disk that needs a parent disk', repair)
    if (fileRef === undefined) return [] // an empty disk, made by whoever imports it
    const member = files.get(fileRef)
    if (member === undefined) throw refuse('has an OVF with a disk that is no file of it', repair)
    return [member]
  })
  if (disks.length === 0) throw refuse('has an OVF without a disk', repair)
  if (new Set(disks).size < disks.length) throw refuse('has an OVF that names a disk twice', repair)
  const diskBus = busOf(xml)
  return { disks, uefi: /<(?:\w+:)?Firmware\s[^>]*type="EFI/i.test(xml), ...(diskBus === undefined ? {} : { diskBus }) }
}

// ResourceType in CIM_ResourceAllocationSettingData: the kinds of controllers that have disks, and a disk itself.
const controllers: Readonly<Record<string, string>> = { 5: 'ide', 6: 'scsi', 20: 'sata' }
const diskType = '17'

// What the first disk hangs on.
const busOf = (xml: string): string | undefined => {
  const items = (xml.match(/<(?:\w+:)?(Item|StorageItem)>[^]*?<\/(?:\w+:)?\1>/g) ?? []).map((item) => {
    const value = (name: string): string => new RegExp(`<(?:\\w+:)?${name}>\\s*([^<]*?)\\s*<`).exec(item)?.[1] ?? ''
    return { id: value('InstanceID'), parent: value('Parent'), type: value('ResourceType') }
  })
  const first = items.find(({ type }) => type === diskType)
  return controllers[items.find(({ id }) => id !== '' && id === first?.parent)?.type ?? '']
}

// The attributes of all elements of a name within a section, without prefixes.
const elements = (xml: string, section: string, name: string): Partial<Record<string, string>>[] => {
  const [, body = ''] = new RegExp(`<(?:\\w+:)?${section}(?:\\s[^>]*)?>([^]*?)</(?:\\w+:)?${section}>`).exec(xml) ?? []
  const tags = body.match(new RegExp(`<(?:\\w+:)?${name}\\s[^>]*>`, 'g')) ?? []
  return tags.map((tag) =>
    Object.fromEntries(
      [...tag.matchAll(/\s(?:\w+:)?(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = '', a, b]) => [key, plain(a ?? b ?? '')]),
    ),
  )
}

const plain = (value: string): string =>
  value.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ({ lt: '<', gt: '>', quot: '"', apos: "'" })[name] ?? '&')
