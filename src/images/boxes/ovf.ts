import { memberName } from '../../formats/tar/name'
import type { Refuse } from '../../formats/tar/refuse'
import { printable } from '../../lib/shown'
import { readXml, type XmlElement } from '../../lib/xml'

// What an OVF says of a virtual machine: the disks in order, whether it boots by UEFI, and what its first disk is attached to.
export interface Ovf {
  readonly disks: readonly string[] // names of members
  readonly uefi: boolean
  readonly secureBoot: boolean
  readonly tpm: boolean
  readonly diskBus?: string // sata, ide or parallel SCSI
}

const repair = 'Export the machine anew, as OVF 1.0 or 2.0.'

// Reads the few elements that matter, whatever the prefix of their names; see DSP0243.
export const readOvf = (text: string, refuse: Refuse): Ovf => {
  const elements = readXml(text)
  if (elements === 'definitions') throw refuse('has an OVF with definitions of its own', repair)
  if (elements === 'no XML') throw refuse('has an OVF that cannot be understood', repair)
  const files = new Map<string, string>()
  for (const { attributes } of within(elements, 'References', 'File')) {
    const [id, href, compression] = ['id', 'href', 'compression'].map((name) => attributes.get(name))
    if (id === undefined || href === undefined) throw refuse('has an OVF that cannot be understood', repair)
    if (/^[a-z][a-z0-9+.-]*:/i.test(href)) throw refuse(`has an OVF that refers to ${printable(href)}`, 'Pack everything into one file.')
    if (compression !== undefined && compression !== 'identity') throw refuse('has an OVF with packed disks', 'Use streamOptimized VMDK.')
    if (files.has(id)) throw refuse('has an OVF that contradicts itself', repair)
    files.set(id, memberName(href, refuse))
  }
  const disks = within(elements, 'DiskSection', 'Disk').flatMap(({ attributes }) => {
    const fileRef = attributes.get('fileRef')
    if (attributes.has('parentRef')) throw refuse('has an OVF with a disk that needs a parent disk', repair)
    if (fileRef === undefined) return [] // an empty disk, made by whoever imports it
    const member = files.get(fileRef)
    if (member === undefined) throw refuse('has an OVF with a disk that is no file of it', repair)
    return [member]
  })
  if (disks.length === 0) throw refuse('has an OVF without a disk', repair)
  if (new Set(disks).size < disks.length) throw refuse('has an OVF that names a disk twice', repair)
  const secureBoot =
    vmware(elements, 'bootOptions.efiSecureBootEnabled', /^true$/i) || virtualBox(elements, 'SecureBoot', 'enabled', /^true$/i)
  const uefi = secureBoot || vmware(elements, 'firmware', /^efi$/i) || virtualBox(elements, 'Firmware', 'type', /^EFI/i)
  const vtpm = elements.some(({ name, text }) => name === 'ResourceSubType' && /^vmware\.vtpm$/i.test(text.trim()))
  const tpm = vtpm || virtualBox(elements, 'TrustedPlatformModule', 'type', /^(?!none$)./i)
  const diskBus = busOf(elements)
  return { disks, uefi, secureBoot, tpm, ...(diskBus === undefined ? {} : { diskBus }) }
}

// <vmw:Config vmw:key="firmware" vmw:value="efi"/>
const vmware = (elements: readonly XmlElement[], key: string, value: RegExp): boolean =>
  elements.some(
    ({ name, attributes }) => /config$/i.test(name) && attributes.get('key') === key && value.test(attributes.get('value') ?? ''),
  )

// <Firmware type="EFI"/> in VirtualBox's own part
const virtualBox = (elements: readonly XmlElement[], name: string, attribute: string, value: RegExp): boolean =>
  elements.some((element) => element.name.toLowerCase() === name.toLowerCase() && value.test(element.attributes.get(attribute) ?? ''))

// ResourceType in CIM_ResourceAllocationSettingData: the kinds of controllers that have disks, and a disk itself.
const controllers: Readonly<Record<string, string>> = { 5: 'ide', 6: 'parallel SCSI', 20: 'sata' }
const diskType = '17'

// What the first disk hangs on.
const busOf = (elements: readonly XmlElement[]): string | undefined => {
  const items = new Map<XmlElement, Map<string, string>>()
  for (const element of elements) if (element.name === 'Item' || element.name === 'StorageItem') items.set(element, new Map())
  for (const { name, parent, text } of elements) {
    const item = parent && items.get(parent)
    if (item?.has(name) === false) item.set(name, text.trim())
  }
  const all = [...items.values()]
  const parent = all.find((item) => item.get('ResourceType') === diskType)?.get('Parent') ?? ''
  const controller = parent === '' ? undefined : all.find((item) => item.get('InstanceID') === parent)
  return controllers[controller?.get('ResourceType') ?? '']
}

// All elements of a name within a section.
const within = (elements: readonly XmlElement[], section: string, name: string): readonly XmlElement[] => {
  const around = elements.find((element) => element.name === section)
  const isInside = ({ parent }: XmlElement): boolean => parent !== undefined && (parent === around || isInside(parent))
  return around === undefined ? [] : elements.filter((element) => element.name === name && isInside(element))
}
