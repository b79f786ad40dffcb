// A MiB of what a reader likes least. Nothing can interrupt a pattern that takes hours over it: no timer, no deadline.
import { describe, expect, it } from 'vitest'
import { readOvf } from '../../../../src/images/boxes/ovf'
import { readVagrantfile } from '../../../../src/images/boxes/vagrantfile'
import { readDescriptor } from '../../../../src/formats/headers/vmdk-descriptor'
import { isRefusal } from '../../../../src/formats/headers/refusal'
import { defaultLimits } from '../../../../src/images/limits'
import { mirrorsIn } from '../../../../src/fetch/metalink'
import { readKeys } from '../../../../src/images/trust/signatures/armor'
import { refusing } from '../../../../src/formats/tar/refuse'
import { processorMs } from '../../../support/processor-time'
import { ovf, vagrantfile } from './make-box'

const read = (text: string, provider = 'libvirt') => readVagrantfile(text, provider)

const { boxTextBytes } = defaultLimits
const full = (part: string, bytes = boxTextBytes): string => part.repeat(bytes / part.length)
const mostMs = 1500 // of processor time

const cost = (read: () => unknown): number => {
  const cautious = (): void => {
    try {
      read()
    } catch (error) {
      expect(error).toHaveProperty('outcome', 'image-error')
    }
  }
  return processorMs(cautious)
}

describe('is read in a moment:', () => {
  it.each([
    ['lines without anything', '\n'],
    ['carriage returns', '\r'],
    ['spaces', ' '],
    ['words', 'a.'],
    ['names of a key', '.ssh.private_key_path='],
    ['settings without a value', 'a.memory =\n'],
    ['quotes', 'a.ssh.username = "'],
    ['options', '"--memory",\n'],
    ['here documents', '<<EOS\nEOS\n'],
    ['here documents without an end', 'a <<~EOS\n'],
    ['beginnings of here documents', '<<'],
    ['quotes of here documents', '<<"a'],
    ['comments without an end', '=begin\n'],
  ])('a Vagrantfile of %s', (_name, part) => {
    expect(cost(() => read(full(part)))).toBeLessThan(mostMs)
  })

  it('a Vagrantfile of one line that opens very many here documents', () => {
    expect(cost(() => read(`${full('<<a', boxTextBytes / 2)}\n${full('\n', boxTextBytes / 2)}a`))).toBeLessThan(mostMs)
  })

  it.each([
    ['comments without an end', '<!--'],
    ['beginnings', '<'],
    ['sections without an end', '<References>'],
    ['sections that are no tags', '<References '],
    ['files that are no tags', '<References><File '],
    ['items without an end', '<Item>'],
    ['items', '<Item><Parent>'],
    ['firmware', '<Firmware '],
    ['attributes', " a='b"],
    ['tags', '<a>'],
  ])('an OVF of %s', (_name, part) => {
    const disk = ovf('a.vmdk')
    for (const text of [full(part), `${disk}${full(part)}`, `${full(part)}${disk}`, `<DiskSection ${full(part)}>`])
      expect(cost(() => readOvf(text, refusing('x')))).toBeLessThan(mostMs)
  })

  it.each(['<url ', '<url>', '<url preference="', '<url >x'])('a metalink of %s', (part) => {
    expect(cost(() => mirrorsIn(full(part), 'x'))).toBeLessThan(mostMs)
  })

  it('a VMDK descriptor with a long line', () => {
    const line = `a=${full(' ', 64 * 1024)}"x`
    expect(cost(() => expect(readDescriptor(`# Disk DescriptorFile\n${line}\n`)).toSatisfy(isRefusal))).toBeLessThan(mostMs)
  })

  it('a file of keys that only begin', () => {
    expect(cost(() => readKeys(Buffer.from(full('-----BEGIN PGP PUBLIC KEY BLOCK-----\n'))))).toBeLessThan(mostMs)
  })
})

it('means the same when it is written otherwise', () => {
  const file = ['# config.ssh.username = "no"', '', 'config.ssh.username = "one"', '\tconfig.ssh.username="core" # yes', ''].join('\r\n')
  expect(read(file).username).toBe('core')
  const own = (...lines: string[]) => read(vagrantfile(...lines)).ownKey
  expect([own('config.ssh.private_key_path = "vagrant_private_key"'), own('x.ssh.private_key_path =', 'vagrant_private_key')]).toEqual([
    true,
    undefined,
  ])
  const commented = ovf('a.vmdk').replace('<DiskSection>', '<!-- <Disk fileRef="x"/> --><DiskSection><!-- > -->')
  const firmware = commented.replace('</Envelope>', "<vbox:Firmware\n  type='EFI64'/></Envelope>")
  expect([readOvf(commented, refusing('x')), readOvf(firmware, refusing('x')).uefi]).toEqual([
    { disks: ['a.vmdk'], uefi: false, secureBoot: false, tpm: false },
    true,
  ])
})
