// Jobs in processes of their own that share a cache.
import { join } from 'node:path'
import type { ImageFacts } from '../../../../src/results'
import { folder } from '../../../support/make'
import { startTold, type ToldProcess } from '../../../support/told-process'
import type { Asked } from './job'

export interface StartedJob extends ToldProcess {
  readonly ready: Promise<ImageFacts & { readonly path: string }> // rejects when the job failed
}

export const startJob = (asked: Omit<Asked, 'dir' | 'maxBytes'> & Partial<Asked>): StartedJob => {
  const given = { dir: join(folder(), 'job'), maxBytes: 1024 ** 3, ...asked } satisfies Asked
  const job = startTold(join(import.meta.dirname, 'job.ts'), given)
  const ready = Promise.race([
    job.told('ready'),
    job.told('failed').then((message) => {
      throw new Error(String(message))
    }),
    job.gone.then(() => {
      throw new Error('the job ended')
    }),
  ]) as StartedJob['ready']
  ready.catch(() => undefined)
  return { ...job, ready }
}
