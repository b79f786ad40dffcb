import { describe, expect, it } from 'vitest'
import { readVagrantfile } from '../../../../src/images/boxes/vagrantfile'
import { vagrantfile } from './make-box'

const read = (text: string, provider = 'libvirt') => readVagrantfile(text, provider)

const core = vagrantfile('config.ssh.username = "core"')
const other = 'config.ssh.username = "other"'

describe('what is no program does not count:', () => {
  it.each([
    ['a comment in front', `=begin\n${other}\n=end\n${core}`],
    ['a comment behind', `${core}=begin of a comment\n${other}\n=end\n`],
    ['a comment without an end', `${core}=begin\n${other}\n`],
    ['what follows the end of the program', `${core}__END__\n${other}\n`],
    ['a here document', `${core}a = <<EOS\n${other}\nEOS\n`],
    ['a here document of lines that are moved', `${core}a = <<~'EOS'\n  ${other}\n  EOS\n`],
    ['a script for the guest', `${core}config.vm.provision "shell", inline: <<-SHELL\n${other}\n  SHELL\n`],
    ['several here documents', `${core}f(<<-A, <<-"B")\nB\n${other}\nA\n${other}\nB\n`],
    ['a comment in a here document', `${core}a = <<EOS\n=begin\n${other}\nEOS\nb = 1\n`],
  ])('%s', (_name, text) => {
    for (const written of [text, text.replaceAll('\n', '\r\n')]) expect(read(written).username).toBe('core')
  })

  it.each([
    ['the end of a here document in a line of its own only', `a = <<EOS\n EOS\n${core}EOS\n`, undefined],
    ['a here document', `a = <<EOS\nEOS\n${core}`, 'core'],
    ['several here documents', `f(<<-A, <<-B)\nA\nB\n${core}`, 'core'],
    ['a comment', `=begin\n=end\n${core}`, 'core'],
    ['what is no comment', ` =begin\n${core}`, 'core'],
    ['what is no end', ` __END__\n${core}`, 'core'],
    ['a shift', `a = b <<C\n${core}`, 'core'],
    ['a class', `class << self\n${core}`, 'core'],
  ])('but what follows %s', (_name, text, username) => {
    expect(read(text).username).toBe(username)
  })
})

describe('UEFI', () => {
  it.each([
    ['libvirt.loader = "/usr/share/OVMF/OVMF_CODE.fd"', { uefi: true }],
    ['libvirt.loader = "/usr/share/AAVMF/AAVMF_CODE.fd"', { uefi: true }],
    ['libvirt.loader = "/usr/share/edk2/x64/code.fd"', { uefi: true }],
    ["libvirt.nvram = '/var/lib/efi_vars.fd'", { uefi: true }],
    ["vb.customize ['modifyvm', :id, '--firmware', 'efi64']", { uefi: true }],
    ["vb.customize ['modifyvm', :id, '--firmware', 'bios']", {}],
    ['libvirt.loader = ""', {}],
    ['libvirt.nvram = nil', {}],
    ['libvirt.nvram = "/var/lib/libvirt/nvram/box.fd"', {}],
    ['libvirt.loader = "/usr/share/seabios/bios-256k.bin"', {}],
    ['libvirt.loader = "/opt/firmware.bin"', { loader: '/opt/firmware.bin' }],
  ])('is asked for by the name of its firmware alone: %s', (line, wishes) => {
    expect(read(vagrantfile(line))).toEqual(wishes)
  })

  it('is not asked for by a setting that another one replaces', () => {
    expect(read(vagrantfile('a.loader = "/OVMF.fd"', 'a.loader = ""'))).toEqual({})
  })
})

it('tells what machine the box is made for', () => {
  const GiB = 1024 ** 3
  const libvirt = [
    'memory = 3072',
    'cpus = 4',
    'machine_virtual_size = 40',
    'nic_model_type = "e1000"',
    "machine_type = 'q35'",
    'disk_bus = "sata"',
  ]
  expect(read(vagrantfile(...libvirt.map((line) => `libvirt.${line}`)))).toEqual({
    memoryBytes: 3 * GiB,
    cpus: 4,
    diskBytes: 40 * GiB,
    nic: 'e1000',
    machineType: 'q35',
    diskBus: 'sata',
  })
  const virtualbox = ['vb.customize ["modifyvm", :id, "--cpus", 3]', "vb.customize ['modifyvm', :id, '--memory', '2048']"]
  expect(read(vagrantfile(...virtualbox))).toEqual({ memoryBytes: 2 * GiB, cpus: 3 })
  expect(read(vagrantfile('a.cpus = 0', 'a.memory = many', 'a.machine_virtual_size = 0'))).toEqual({})
})

describe('of several providers', () => {
  const text = `Vagrant.configure("2") do |config|
  config.ssh.username = "core"
  config.vm.provider :libvirt do |libvirt|
    libvirt.memory = 1024
    libvirt.disk_bus = "scsi" if true
  end
  config.vm.provider "virtualbox" do |vb, override|
    if ENV["X"]
      vb.cpus = 3
    end
    [1, 2].each do |n|
      vb.memory = 2048
    end
    vb.customize ["modifyvm", :id, "--firmware", "efi"] # the end
    override.ssh.username = "other"
  end
  config.vm.provider("hyperv") { |h|
    h.memory = 4096
    h.cpus = 4
  }
  config.vm.provider("parallels") { |prl| prl.memory = 1 }
  config.vm.provider :vmware_desktop
  config.ssh.password = "secret"
end
`
  it.each([
    ['libvirt', { memoryBytes: 1024 ** 3 }],
    ['virtualbox', { memoryBytes: 2 * 1024 ** 3, cpus: 3, uefi: true, username: 'other' }],
    ['qemu', {}],
  ])('only the blocks of its own count, and what is outside of blocks: %s', (provider, own) => {
    expect(read(text, provider)).toEqual({ username: 'core', password: 'secret', ...own })
  })

  it('one that does not end does not hide the next', () => {
    expect(
      read('config.vm.provider "virtualbox" do |v|\n  if x\n  v.cpus = 3\nend\nconfig.vm.provider :libvirt do |v|\n  v.cpus = 2\nend\n'),
    ).toEqual({ cpus: 2 })
  })
})
