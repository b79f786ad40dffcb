// Who is at fault when QEMU does not start? Its words alone do not tell, so it is tried with less.
import type { Socket } from 'node:net'
import { consoleFd, qmpFd } from './argv'
import { launch, type Launch } from './launch'
import { connectQmp } from './qmp'

export type Culprit = 'image' | 'arguments' | 'host'

export interface Trial {
  readonly images: boolean // else empty disks in their place
  readonly extra: boolean // the user's own arguments
}

// What starts with less must fail again with all of it: else the host was at fault, and is no more.
export const findCulprit = async (starts: (trial: Trial) => Promise<boolean>, hasExtra: boolean): Promise<Culprit> => {
  const all = { images: true, extra: true }
  if (hasExtra && (await starts({ ...all, extra: false }))) return (await starts(all)) ? 'host' : 'arguments'
  if (await starts({ ...all, images: false })) return (await starts(all)) ? 'host' : 'image'
  return 'host'
}

// Whether QEMU comes so far that its CPUs could run. Nothing of it is left.
export const trialOf = (first: Omit<Launch, 'nth'>): ((trial: Trial) => Promise<boolean>) => {
  let nth = 1
  return async ({ images, extra }) => {
    first.context.signal.throwIfAborted()
    const { disks } = first.layout
    const layout = {
      ...first.layout,
      disks: images ? disks : disks.map(({ overlay }) => ({ overlay })),
      extra: extra ? first.layout.extra : [],
    }
    const { process, tpm } = await launch({ ...first, layout, nth: (nth += 1) })
    ;(process.stdio[consoleFd] as Socket).on('error', () => undefined).resume()
    try {
      const connecting = connectQmp(process.stdio[qmpFd] as Socket, () => undefined).then(() => true)
      const ended = process.exited.then(() => false)
      return await Promise.race([connecting.catch(() => false), ended])
    } finally {
      process.kill('SIGKILL')
      tpm?.kill('SIGKILL')
      await Promise.all([process.exited, tpm?.exited])
    }
  }
}
