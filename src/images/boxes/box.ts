import { readPrivateKey, type PrivateKey } from '../../lib/private-key'
import { readArchitecture, type Architecture } from '../../lib/architecture'
import { printable } from '../../lib/shown'
import type { Refuse } from '../../formats/tar/refuse'
import { readMetadata, readObject, type BoxDisk, type BoxMetadata, type BoxProvider } from './metadata'
import { readOvf } from './ovf'
import type { UnpackedBox, UnpackedDisk } from './unpack'
import { readVagrantfile, type Wishes } from './vagrantfile'

// sha256 is absent of a disk that was converted.
export type StoredDisk = BoxDisk & Omit<UnpackedDisk, 'sha256'> & Partial<Pick<UnpackedDisk, 'sha256'>>

// What a box, or an OVA, is after all of it has been read.
export interface Box {
  readonly provider: BoxProvider | 'ova'
  readonly disks: readonly [StoredDisk, ...StoredDisk[]] // in the order in which the guest sees them
  readonly wishes: Wishes
  readonly privateKey?: PrivateKey // of a machine that `vagrant package` packed
  readonly architecture?: Architecture
  readonly info: Readonly<Record<string, string>> // whatever its maker says of it
  readonly texts: UnpackedBox['texts'] // that all this was read from
  readonly folder?: UnpackedBox['folder']
}

const repair = 'A box has its metadata.json at the top, and its disks where that says.'

export const readBox = ({ texts, disks, folder }: UnpackedBox, refuse: Refuse): Box => {
  const metadata = readProvider(texts, refuse)
  const ovf = metadata.disks === undefined ? onlyOvf(texts, refuse) : undefined
  const named = metadata.disks ?? ovf?.disks.map((member) => ({ member })) ?? []
  const wishes = readVagrantfile(texts.get('Vagrantfile') ?? '', metadata.provider)
  const privateKey = wishes.ownKey === true ? readPrivateKey(texts.get('vagrant_private_key') ?? '') : undefined
  const architecture = architectureOf(metadata, refuse)
  if (new Set(named.map(({ member }) => member)).size < named.length) throw refuse('has a metadata.json that names a disk twice', repair)
  const [first, ...others] = named.map((disk) => {
    const unpacked = disks.get(disk.member)
    if (unpacked === undefined) throw refuse(`names the disk "${printable(disk.member)}", which is not in it`, repair)
    return { ...disk, ...unpacked }
  })
  if (first === undefined) throw refuse('has no disk', repair)
  return {
    provider: metadata.provider,
    disks: [first, ...others],
    wishes: {
      ...(ovf?.diskBus === undefined ? {} : { diskBus: ovf.diskBus }),
      ...wishes,
      ...(ovf?.uefi === true ? { uefi: true } : {}),
      ...(ovf?.secureBoot === true ? { secureBoot: true } : {}),
      ...(ovf?.tpm === true ? { tpm: true } : {}),
    },
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(architecture === undefined ? {} : { architecture }),
    info: readInfo(texts.get('info.json'), refuse),
    texts,
    ...(folder === undefined ? {} : { folder }),
  }
}

// undefined where it says nothing, or what Vagrant writes for that: unknown.
const architectureOf = ({ architecture: written }: Providing, refuse: Refuse): Architecture | undefined => {
  if (written === undefined || /^(unknown)?$/i.test(written)) return undefined
  const found = readArchitecture(written)
  if (found !== undefined) return found
  throw refuse(`is a box for ${JSON.stringify(printable(written, 40))}`, 'Boxes for x86_64 (amd64) and aarch64 (arm64) are tested.')
}

type Providing = Omit<BoxMetadata, 'provider'> & Pick<Box, 'provider'>

// Boxes of Vagrant 1.0 have no metadata.json and are for VirtualBox; without a Vagrantfile it is an OVA.
const readProvider = (texts: UnpackedBox['texts'], refuse: Refuse): Providing => {
  const metadata = texts.get('metadata.json')
  if (metadata !== undefined) return readMetadata(metadata, refuse)
  if (![...texts.keys()].some((name) => name.endsWith('.ovf'))) {
    throw refuse('is a tar archive, but no box: it has neither a metadata.json nor an OVF', repair)
  }
  return { provider: texts.has('Vagrantfile') ? 'virtualbox' : 'ova' }
}

const onlyOvf = (texts: UnpackedBox['texts'], refuse: Refuse): ReturnType<typeof readOvf> => {
  const [name, another] = [...texts.keys()].filter((key) => key.endsWith('.ovf'))
  if (name === undefined || another !== undefined) throw refuse(`has ${name === undefined ? 'no OVF' : 'several OVFs'}`, repair)
  return readOvf(texts.get(name) ?? '', refuse)
}

const shownValues = 10

const readInfo = (text: string | undefined, refuse: Refuse): Box['info'] => {
  if (text === undefined) return {}
  const values = Object.entries(readObject(text, 'info.json', refuse)).filter(([, value]) => typeof value !== 'object')
  return Object.fromEntries(values.slice(0, shownValues).map(([key, value]) => [printable(key, 40), printable(String(value), 200)]))
}
