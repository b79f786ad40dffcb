import { linesFor } from './provider-blocks'
import { rubyLines } from './ruby-lines'

// What a box's Vagrantfile says of the machine it wants. It is a Ruby program, which nobody should run to look at a box: what is read is
// settings with a literal value, one to a line, as Packer, kiwi and people write them. Those in the blocks of other providers do not count.

export interface Wishes {
  readonly username?: string
  readonly password?: string
  readonly ownKey?: boolean // the box brings a private key
  readonly memoryBytes?: number
  readonly cpus?: number
  readonly diskBytes?: number
  readonly uefi?: boolean
  readonly secureBoot?: boolean // of an OVF, as the next
  readonly tpm?: boolean
  readonly loader?: string // of a firmware that is not known by its name
  readonly diskBus?: string
  readonly nic?: string
  readonly machineType?: string
}

const string = `["']([^"'#]*)["']`
const number = `["']?(\\d{1,9})["']?`
const MiB = 1024 * 1024
const GiB = 1024 * MiB
// Names of files with UEFI, as distributions call them. vagrant-libvirt takes an empty loader for none, and others may be a BIOS.
const uefiFile = /OVMF|AAVMF|edk2|efi/i

export const readVagrantfile = (text: string, provider: string): Wishes => {
  const lines = linesFor(provider, rubyLines(text))
  const code = lines.join('\n')
  // The last one counts, as it does in Ruby. Line by line: a pattern with ^\s* over all of them takes hours when 1 MiB of them are empty.
  const setting = (name: string, value: string): string | undefined => {
    const pattern = new RegExp(`^\\s*\\w+(?:\\.\\w+)*\\.${name}\\s*=\\s*${value}\\s*(?:#.*)?$`)
    return pattern.exec(lines.findLast((line) => pattern.test(line)) ?? '')?.[1]
  }
  const customized = (option: string): string | undefined =>
    [...code.matchAll(new RegExp(`["']--${option}["']\\s*,\\s*["']?(\\w+)`, 'g'))].at(-1)?.[1]
  const counted = (name: string): number => Number(setting(name, number) ?? customized(name) ?? NaN)
  const [memory, cpus] = [counted('memory'), counted('cpus')]
  const diskGiB = Number(setting('machine_virtual_size', number) ?? NaN)
  const username = setting('ssh\\.username', string)
  const password = setting('ssh\\.password', string)
  const diskBus = setting('disk_bus', string)
  const nic = setting('nic_model_type', string)
  const machineType = setting('machine_type', string)
  const loader = setting('loader', string) ?? ''
  const uefi = [loader, setting('nvram', string) ?? ''].some((file) => uefiFile.test(file)) || /^efi/i.test(customized('firmware') ?? '')
  return {
    ...(username === undefined || !/^[a-z_][\w.-]*\$?$/i.test(username) ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(lines.some(namesOwnKey) ? { ownKey: true } : {}),
    ...(memory > 0 ? { memoryBytes: memory * MiB } : {}),
    ...(cpus > 0 ? { cpus } : {}),
    ...(diskGiB > 0 ? { diskBytes: diskGiB * GiB } : {}),
    ...(uefi ? { uefi } : {}),
    ...(uefi || loader === '' || /bios/i.test(loader) ? {} : { loader }),
    ...(diskBus === undefined ? {} : { diskBus }),
    ...(nic === undefined ? {} : { nic }),
    ...(machineType === undefined ? {} : { machineType }),
  }
}

const namesOwnKey = (line: string): boolean => {
  const from = line.search(/\.ssh\.private_key_path\s*=/)
  return from !== -1 && line.includes('vagrant_private_key', from)
}
