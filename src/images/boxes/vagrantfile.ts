// What a box's Vagrantfile says of the machine it wants. It is a Ruby program, which nobody should run to look at a box: what is read is
// settings with a literal value, one to a line, as Packer, kiwi and people write them.

export interface Wishes {
  readonly username?: string
  readonly password?: string
  readonly ownKey?: boolean // the box brings a private key
  readonly memoryBytes?: number
  readonly uefi?: boolean
  readonly diskBus?: string
}

const string = `["']([^"'#]*)["']`
const MiB = 1024 * 1024

export const readVagrantfile = (text: string): Wishes => {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(?:#|$)/.test(line))
  const code = lines.join('\n')
  // The last one counts, as it does in Ruby. Line by line: a pattern with ^\s* over all of them takes hours when 1 MiB of them are empty.
  const setting = (name: string, value: string): string | undefined => {
    const pattern = new RegExp(`^\\s*\\w+(?:\\.\\w+)*\\.${name}\\s*=\\s*${value}\\s*(?:#.*)?$`)
    return pattern.exec(lines.findLast((line) => pattern.test(line)) ?? '')?.[1]
  }
  const customized = (option: string): string | undefined =>
    [...code.matchAll(new RegExp(`["']--${option}["']\\s*,\\s*["']?(\\w+)`, 'g'))].at(-1)?.[1]
  const memory = Number(setting('memory', `["']?(\\d{1,9})["']?`) ?? customized('memory') ?? NaN)
  const username = setting('ssh\\.username', string)
  const password = setting('ssh\\.password', string)
  const diskBus = setting('disk_bus', string)
  const firmware = setting('(?:loader|nvram)', string) ?? /^efi/i.exec(customized('firmware') ?? '')?.[0]
  return {
    ...(username === undefined || !/^[a-z_][\w.-]*\$?$/i.test(username) ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(lines.some(namesOwnKey) ? { ownKey: true } : {}),
    ...(memory > 0 ? { memoryBytes: memory * MiB } : {}),
    ...(firmware === undefined ? {} : { uefi: true }),
    ...(diskBus === undefined ? {} : { diskBus }),
  }
}

const namesOwnKey = (line: string): boolean => {
  const from = line.search(/\.ssh\.private_key_path\s*=/)
  return from !== -1 && line.includes('vagrant_private_key', from)
}
