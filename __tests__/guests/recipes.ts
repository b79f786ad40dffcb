import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

// How one cached file is made: bash SCRIPT RESULT [the file that `from` makes] ARGUMENT…, in an empty folder.
export interface Recipe {
  readonly about: string
  readonly script: string
  readonly from?: string // another recipe
  readonly args: readonly string[]
  readonly files: readonly string[] // files and folders that the script reads besides
  readonly extension: 'tar' | 'qcow2' | 'box'
}

// Everything that `npm run guest` can make, by name.
export const recipesIn = (folder: string): ReadonlyMap<string, Recipe> => {
  const at = (...paths: readonly string[]): string[] => paths.map((path) => join(folder, path))
  const tiny = (files: readonly string[]) => ({
    script: join(folder, 'tiny/build.sh'),
    from: 'tiny-packages',
    files: [...at('disk.sh', 'tiny/init', 'tiny/root', 'tiny/sudo.c'), ...files],
    extension: 'qcow2' as const,
  })
  const debian = (from: string, files: readonly string[] = []) => ({
    script: join(folder, 'debian/build.sh'),
    from,
    files: [...at('disk.sh', 'debian/root'), ...files],
    extension: 'qcow2' as const,
  })
  const tree = (suite: string) => ({ script: join(folder, 'debian/tree.sh'), args: [suite], files: [], extension: 'tar' as const })
  const packages = (about: string, ...args: readonly string[]): Recipe => ({
    about,
    script: join(folder, 'tiny/packages.sh'),
    args,
    files: [],
    extension: 'tar',
  })
  const box = (from: string, provider: string) => ({
    script: join(folder, 'box.sh'),
    from,
    args: [provider],
    files: [],
    extension: 'box' as const,
  })
  const vagrantKey = (name: string): string[] => (name.endsWith('-vagrant') ? at('vagrant-key.sh') : [])
  const packagesOf = (name: string): string => (['tiny-sata', 'tiny-secure'].includes(name) ? `${name}-packages` : 'tiny-packages')
  return new Map<string, Recipe>([
    ['tiny', { ...tiny([]), about: 'a small Linux that boots in seconds and reads a NoCloud seed', args: [] }],
    ...variations(join(folder, 'tiny/faults')).map(
      ({ name, about, files }) =>
        [name, { ...tiny([...files, ...vagrantKey(name)]), from: packagesOf(name), about: `tiny, but ${about}`, args: [name] }] as const,
    ),
    ['debian', { ...debian('debian-tree'), about: 'Debian 12 with systemd, cloud-init and OpenSSH', args: [] }],
    ['debian13', { ...debian('debian13-tree'), about: 'the same of Debian 13', args: [] }],
    ...variations(join(folder, 'debian/variations')).map(
      ({ name, about, files }) =>
        [name, { ...debian('debian-tree', [...files, ...vagrantKey(name)]), about: `debian, but ${about}`, args: [name] }] as const,
    ),
    ['tiny-box', { ...box('tiny-vagrant', 'libvirt'), about: 'tiny as a Vagrant box for libvirt: dropbear, no cloud-init' }],
    ['tiny-vmdk-box', { ...box('tiny-vagrant', 'virtualbox'), about: 'the same for VirtualBox: OVF and streamOptimized VMDK' }],
    [
      'tiny-own-box',
      { ...box('tiny-own-vagrant', 'libvirt'), about: 'the same for libvirt, with a password, a key of its own and other host keys' },
    ],
    ['debian-box', { ...box('debian-vagrant', 'libvirt'), about: 'debian as a Vagrant box for libvirt: OpenSSH, no cloud-init' }],
    ['blank', { about: 'an empty disk of 64 MiB', script: join(folder, 'blank.sh'), args: [], files: [], extension: 'qcow2' }],
    ['tiny-arm64', { ...tiny([]), from: 'tiny-arm64-packages', about: 'tiny for arm64, by UEFI', args: [] }],
    ['tiny-packages', packages('what tiny is made of', 'amd64')],
    ['tiny-arm64-packages', packages('what tiny-arm64 is made of', 'arm64')],
    ['tiny-sata-packages', packages('what tiny-sata is made of: the kernel for clouds has no AHCI', 'amd64', 'linux-image-amd64')],
    ['tiny-secure-packages', packages('what tiny-secure is made of', 'amd64', 'linux-image-cloud-amd64,shim-signed,grub-efi-amd64-signed')],
    ['debian-tree', { ...tree('bookworm'), about: 'what debian is made of' }],
    ['debian13-tree', { ...tree('trixie'), about: 'what debian13 is made of' }],
    ['qemu10', { ...tree(''), about: 'QEMU 10.0, with what it needs', script: join(folder, 'qemu10.sh'), args: [] }],
  ])
}

// A variation is one or two shell fragments NAME.*, which redefine functions of the recipe; the first line says what is different.
const variations = (folder: string) => {
  const files = readdirSync(folder).sort()
  const names = [...new Set(files.map((file) => file.replace(/\..*/, '')))]
  return names.map((name) => {
    const fragments = files.filter((file) => file.startsWith(`${name}.`)).map((file) => join(folder, file))
    return { name, files: fragments, about: firstComment(fragments[0] ?? '') }
  })
}

const firstComment = (file: string): string => readFileSync(file, 'utf8').split('\n')[0]?.replace(/^# /, '') ?? ''
