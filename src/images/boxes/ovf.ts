import { memberName } from '../../formats/tar/name'
import type { Refuse } from '../../formats/tar/refuse'
import { printable } from '../../lib/shown'

// What an OVF says of a virtual machine: the disks in order, whether it boots by UEFI, and what its first disk is attached to.
export interface Ovf {
  readonly disks: readonly string[] // names of members
  readonly uefi: boolean
  readonly secureBoot: boolean
  readonly tpm: boolean
  readonly diskBus?: string // sata, ide or parallel SCSI
}

const repair = 'Export the machine anew, as OVF 1.0 or 2.0.'

// Reads the few elements that matter, whatever the prefix of their names; see DSP0243. An entity could bring in anything, so that a document
// with definitions of its own is refused.
export const readOvf = (text: string, refuse: Refuse): Ovf => {
  const xml = withoutComments(text, refuse)
  if (/<!(DOCTYPE|ENTITY|\[CDATA\[)/i.test(xml)) throw refuse('has an OVF with definitions of its own', repair)
  const tags = tagsOf(xml)
  const files = new Map<string, string>()
  for (const file of elements(tags, 'References', 'File')) {
    const { id, href, compression } = file
    if (id === undefined || href === undefined) throw refuse('has an OVF that cannot be understood', repair)
    if (/^[a-z][a-z0-9+.-]*:/i.test(href)) throw refuse(`has an OVF that refers to ${printable(href)}`, 'Pack everything into one file.')
    if (compression !== undefined && compression !== 'identity') throw refuse('has an OVF with packed disks', 'Use streamOptimized VMDK.')
    if (files.has(id)) throw refuse('has an OVF that contradicts itself', repair)
    files.set(id, memberName(href, refuse))
  }
  const disks = elements(tags, 'DiskSection', 'Disk').flatMap(({ fileRef, parentRef }) => {
    if (parentRef !== undefined) throw refuse('has an OVF with a disk that needs a parent disk', repair)
    if (fileRef === undefined) return [] // an empty disk, made by whoever imports it
    const member = files.get(fileRef)
    if (member === undefined) throw refuse('has an OVF with a disk that is no file of it', repair)
    return [member]
  })
  if (disks.length === 0) throw refuse('has an OVF without a disk', repair)
  if (new Set(disks).size < disks.length) throw refuse('has an OVF that names a disk twice', repair)
  const secureBoot = vmware(tags, 'bootOptions.efiSecureBootEnabled', /^true$/i) || virtualBox(tags, 'SecureBoot', 'enabled', /^true$/i)
  const uefi = secureBoot || vmware(tags, 'firmware', /^efi$/i) || virtualBox(tags, 'Firmware', 'type', /^EFI/i)
  const vtpm = tags.some(({ name, text }) => name === 'ResourceSubType' && /^vmware\.vtpm$/i.test(text.trim()))
  const tpm = vtpm || virtualBox(tags, 'TrustedPlatformModule', 'type', /^(?!none$)./i)
  const diskBus = busOf(tags)
  return { disks, uefi, secureBoot, tpm, ...(diskBus === undefined ? {} : { diskBus }) }
}

// <vmw:Config vmw:key="firmware" vmw:value="efi"/>
const vmware = (tags: readonly Tag[], key: string, value: RegExp): boolean =>
  tags.some((tag) => {
    if (!/config$/i.test(tag.name) || tag.kind === 'closing') return false
    const found = attributesOf(tag)
    return found['key'] === key && value.test(found['value'] ?? '')
  })

// <Firmware type="EFI"/> in VirtualBox's own part
const virtualBox = (tags: readonly Tag[], name: string, attribute: string, value: RegExp): boolean =>
  tags.some((tag) => tag.name.toLowerCase() === name.toLowerCase() && value.test(attributesOf(tag)[attribute] ?? ''))

// By indexOf, as all that follows: a pattern that looks for the end of each of a million beginnings takes hours over 1 MiB.
const withoutComments = (text: string, refuse: Refuse): string => {
  const kept: string[] = []
  let at = 0
  for (let start = text.indexOf('<!--'); start !== -1; start = text.indexOf('<!--', at)) {
    kept.push(text.slice(at, start))
    const end = text.indexOf('-->', start + '<!--'.length)
    if (end === -1) throw refuse('has an OVF that cannot be understood', repair)
    at = end + '-->'.length
  }
  return `${kept.join('')}${text.slice(at)}`
}

interface Tag {
  readonly name: string // without its prefix
  readonly kind: 'opening' | 'closing' | 'empty'
  readonly written: string
  readonly text: string // up to the next tag
}

const tagsOf = (xml: string): readonly Tag[] => {
  const tags: Tag[] = []
  for (let start = xml.indexOf('<'); start !== -1;) {
    const end = xml.indexOf('>', start)
    if (end === -1) break
    const written = xml.slice(start, end + 1)
    const next = xml.indexOf('<', end)
    const [, slash, name] = /^<(\/?)(?:\w+:)?(\w+)(?=[\s/>])/.exec(written) ?? []
    const kind = slash === '/' ? 'closing' : written.endsWith('/>') ? 'empty' : 'opening'
    if (name !== undefined) tags.push({ name, kind, written, text: xml.slice(end + 1, next === -1 ? undefined : next) })
    start = next
  }
  return tags
}

// ResourceType in CIM_ResourceAllocationSettingData: the kinds of controllers that have disks, and a disk itself.
const controllers: Readonly<Record<string, string>> = { 5: 'ide', 6: 'parallel SCSI', 20: 'sata' }
const diskType = '17'

// What the first disk hangs on.
const busOf = (tags: readonly Tag[]): string | undefined => {
  const items: Map<string, string>[] = []
  let item: Map<string, string> | undefined
  for (const { name, kind, text } of tags) {
    if (name === 'Item' || name === 'StorageItem') {
      if (kind === 'closing' && item !== undefined) items.push(item)
      item = kind === 'opening' ? new Map<string, string>() : undefined
    } else if (kind === 'opening' && item?.has(name) === false) item.set(name, text.trim())
  }
  const parent = items.find((one) => one.get('ResourceType') === diskType)?.get('Parent') ?? ''
  const controller = parent === '' ? undefined : items.find((one) => one.get('InstanceID') === parent)
  return controllers[controller?.get('ResourceType') ?? '']
}

// The attributes of all elements of a name within a section, without prefixes.
const elements = (tags: readonly Tag[], section: string, name: string): Partial<Record<string, string>>[] => {
  const start = tags.findIndex((tag) => tag.name === section && tag.kind === 'opening')
  const end = start === -1 ? -1 : tags.findIndex((tag, index) => index > start && tag.name === section && tag.kind === 'closing')
  const within = end === -1 ? [] : tags.slice(start, end)
  return within.filter((tag) => tag.name === name && tag.kind !== 'closing').map(attributesOf)
}

const attributesOf = ({ written }: Tag): Partial<Record<string, string>> =>
  Object.fromEntries(
    [...written.matchAll(/\s(?:\w+:)?(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = '', a, b]) => [key, plain(a ?? b ?? '')]),
  )

const plain = (value: string): string =>
  value.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ({ lt: '<', gt: '>', quot: '"', apos: "'" })[name] ?? '&')
