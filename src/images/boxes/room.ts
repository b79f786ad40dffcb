import type { JobError } from '../../errors'
import type { Limits } from '../limits'
import { formatBytes } from '../../lib/shown'
import { freeBytes, noSpace, type Space } from '../../host/files/space'
import type { Refuse } from '../../formats/tar/refuse'

export interface Room {
  readonly bytes: number // more than 0
  readonly exceeded: () => JobError // what to say when they are not enough
}

export interface RoomRequest extends Pick<Space, 'makeRoom'> {
  readonly folder: string
  readonly convertedBytes: number // of the disks before this one
  readonly limits: Pick<Limits, 'unpackedBytes' | 'reserveBytes'>
  readonly refuse: Refuse
  readonly neededBytes: () => Promise<number> // that this disk will take; asked for only where they may not be free
}

// What a converted disk may take: with packed grains, or tables that name one again and again, a VMDK of a few KiB is a disk of any size.
// image-error when the disks before it have filled what an archive may grow to, infra-error when the disk of this machine is full.
export const roomFor = async (request: RoomRequest): Promise<Room> => {
  const { convertedBytes, limits, refuse } = request
  const { unpackedBytes, reserveBytes } = limits
  const left = unpackedBytes - convertedBytes
  const spare = Math.max(await spareBytes(request, left), 0)
  const [needs, stays] = [formatBytes(spare), formatBytes(reserveBytes)]
  const room: Room =
    spare < left
      ? { bytes: spare, exceeded: () => noSpace(`the disk needs more than ${needs} as qcow2, and ${stays} must stay free`) }
      : { bytes: left, exceeded: () => refuse(`unpacks to more than ${formatBytes(unpackedBytes)}`, grown) }
  if (room.bytes <= 0) throw room.exceeded()
  return room
}

// What may be written before the reserve is touched, once room was made for the disk.
const spareBytes = async ({ folder, limits: { reserveBytes }, makeRoom, neededBytes }: RoomRequest, left: number): Promise<number> => {
  const free = await freeBytes(folder)
  if (makeRoom === undefined || left <= 0 || free - reserveBytes >= left) return free - reserveBytes
  const bytes = Math.min(await neededBytes(), left) + reserveBytes
  return (free < bytes ? Math.max(await makeRoom(bytes), free) : free) - reserveBytes
}

const grown = 'A small archive that grows so much is either a trap or not a cloud image.'
