import { JobError } from '../../errors'
import type { Disk } from '../../formats/disk'
import { baseNode } from './argv'
import type { Qmp } from './qmp'

// What QEMU tells of an open image (qapi/block-core.json: BlockDeviceInfo), the same as `qemu-img info`; everything may be missing.
export interface NamedNode {
  readonly 'node-name'?: string
  readonly image?: {
    readonly format?: string
    readonly 'virtual-size'?: number
    readonly encrypted?: boolean
    readonly 'backing-filename'?: string
    readonly 'format-specific'?: { readonly data?: { readonly 'data-file'?: string; readonly corrupt?: boolean } }
  }
}

// Has QEMU read the disks of the image as we did? Asked before the guest's CPUs run, of a QEMU without privileges and within its limits: two
// readers that disagree are what a hostile header is made for. image-error
export const secondLook = async (qmp: Qmp, disks: readonly Disk[]): Promise<void> => {
  const nodes = (await qmp.run('query-named-block-nodes', { flat: true })) as readonly NamedNode[]
  disks.forEach((disk, index) => {
    const differs = difference(
      nodes.find((node) => node['node-name'] === baseNode(index)),
      disk,
    )
    if (differs === undefined) return
    throw new JobError('image-error', `QEMU reads ${disk.path} otherwise than image-test: ${differs}`, {
      hint: 'The image was made to be read in two ways, or image-test has a fault: do not use it, and report it.',
    })
  })
}

// In words; undefined: there is none.
export const difference = (
  node: NamedNode | undefined,
  { format, virtualBytes }: Pick<Disk, 'format' | 'virtualBytes'>,
): string | undefined => {
  const image = node?.image
  if (image === undefined) return 'it says nothing of it'
  const { data } = image['format-specific'] ?? {}
  if (image.format !== format) return `it is ${image.format ?? 'of no format'}, and not ${format}`
  if (image['backing-filename'] !== undefined) return 'it has a backing file'
  if (data?.['data-file'] !== undefined) return 'it has an external data file'
  if (image.encrypted === true) return 'it is encrypted'
  if (data?.corrupt === true) return 'it is corrupt'
  const sectors = virtualBytes / 512 // QEMU counts in whole ones: of a file the last may be a part, of a qcow2 not
  const bytes = (format === 'raw' ? Math.ceil(sectors) : Math.floor(sectors)) * 512
  return image['virtual-size'] === bytes ? undefined : `its disk has ${image['virtual-size'] ?? 'no'} bytes, and not ${bytes}`
}
