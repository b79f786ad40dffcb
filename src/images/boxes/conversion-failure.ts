import { JobError } from '../../errors'
import type { Finished } from '../../host/process'
import { printable } from '../../lib/shown'
import { noSpace } from '../../host/files/space'
import type { Refuse } from '../../formats/tar/refuse'
import type { Room } from './room'

export interface Attempt {
  readonly finished: Finished
  readonly room: Room
  readonly minutes: number // that it had, of the clock and of the CPU
  readonly refuse: Refuse
}

// Whose fault it is that qemu-img did not convert a disk. image-error: it says so itself, or the disk is beyond a limit of ours. infra-error:
// anything else, as of a program that could not start or that the host ended.
export const conversionFailure = ({ finished, room, minutes, refuse }: Attempt): JobError => {
  const { timedOut, signal, exitCode, stderr } = finished
  if (timedOut) {
    return new JobError('infra-error', `qemu-img did not convert the disk within ${minutes} minutes`, { hint: 'Give a smaller box.' })
  }
  // By a signal or by an error, depending on the thread that writes.
  if (signal === 'SIGXFSZ' || stderr.includes('File too large')) return room.exceeded()
  if (signal === 'SIGXCPU')
    return refuse(`has a VMDK that takes more than ${minutes} minutes of CPU time to convert`, 'Give a smaller box.')
  if (/No space left|ENOSPC|Disk quota exceeded/.test(stderr)) return noSpace('no room was left while the disk was converted')
  const last = printable(stderr.trim().split('\n').at(-1) ?? '', 300)
  // What it writes is ours, whatever it reads.
  if (/^qemu-img: error while writing/m.test(stderr)) {
    return new JobError('infra-error', `the converted disk could not be written: ${last}`, {
      hint: 'Look at the disk of the working folder.',
    })
  }
  // The loader of programs speaks in its name too, with another exit code.
  if (exitCode === 1 && /^qemu-img: /m.test(stderr))
    return refuse(`has a VMDK that qemu-img cannot convert: ${last}`, 'Make or fetch it again.')
  if (signal !== undefined) {
    return new JobError('infra-error', `qemu-img was ended by ${signal} while it converted the disk`, {
      hint: 'The machine may be out of memory.',
    })
  }
  const said = last === '' ? `it ended with ${exitCode ?? 'nothing'}, without a word` : last
  return new JobError('infra-error', `qemu-img could not do its work: ${said}`, { hint: 'Try `qemu-img --version` on this machine.' })
}
