import { alternatives, quote } from '../../lib/wording'
import { JobError } from '../../errors'
import type { Provisioning } from '../resolved'
import type { Name } from './name'

// What a name may ask for. A box is a disk in an archive.
export const formats = ['qcow2', 'raw', 'vagrant-libvirt', 'vagrant-virtualbox'] as const
export type Format = (typeof formats)[number]

// The format that a name asks for: by `format`, or a box by its `provider`. config-error: no such format, or they contradict each other.
export const wantedFormat = ({ query, shown }: Name, offered: readonly Format[]): Format => {
  const { format, provider } = query
  const byProvider = provider === undefined ? undefined : `vagrant-${provider}`
  if (format !== undefined && byProvider !== undefined && format !== byProvider) {
    throw new JobError('config-error', `${shown}: format ${quote(format)} is no box for the provider ${quote(provider ?? '')}`, {
      hint: 'Leave out one of the two.',
    })
  }
  const asked = format ?? byProvider ?? 'qcow2'
  const found = offered.find((one) => one === asked)
  if (found === undefined) {
    throw new JobError('config-error', `${shown}: images in the format ${quote(asked)} cannot be tested`, {
      hint: `The format is ${alternatives(offered)}.`,
    })
  }
  return found
}

// The format of a published file by its name; undefined for what is no disk that boots here.
export const formatOfFile = (file: string): Format | undefined => {
  if (/\.qcow2(\.(xz|zst|gz|bz2))?$/.test(file)) return 'qcow2'
  if (/\.raw(\.(xz|zst|gz|bz2))?$/.test(file)) return 'raw'
  if (!file.endsWith('.box')) return undefined
  if (/libvirt/i.test(file)) return 'vagrant-libvirt'
  return /virtualbox|vbox/i.test(file) ? 'vagrant-virtualbox' : undefined
}

export const isBox = (format: Format): boolean => format.startsWith('vagrant-')

// Boxes have a user of their own, and know everybody's key.
export const access = (format: Format, user: string): { readonly loginUser: string; readonly provisioning: Provisioning } =>
  isBox(format) ? { loginUser: 'vagrant', provisioning: 'vagrant' } : { loginUser: user, provisioning: 'cloud-init' }
