// Jobs in processes of their own that share a cache.
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach } from 'vitest'
import type { ImageFacts } from '../../../../src/results'
import { folder } from '../../../support/make'
import type { Asked } from './job'

export interface StartedJob {
  readonly ready: Promise<ImageFacts & { readonly path: string }> // rejects when the job failed
  readonly said: { readonly kind: string; readonly detail: unknown }[]
  told(kind: string): Promise<unknown> // the first of its kind
  end(): Promise<void>
  kill(): Promise<void> // as kill -9
}

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

export const startJob = (asked: Omit<Asked, 'dir' | 'maxBytes'> & Partial<Asked>): StartedJob => {
  const given = JSON.stringify({ dir: join(folder(), 'job'), maxBytes: 1024 ** 3, ...asked } satisfies Asked)
  const child = spawn('node_modules/.bin/vite-node', [join(import.meta.dirname, 'job.ts'), given], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const said: { readonly kind: string; readonly detail: unknown }[] = []
  let listeners: (() => void)[] = []
  createInterface(child.stdout).on('line', (line) => {
    said.push(JSON.parse(line) as { kind: string; detail: unknown })
    for (const listener of listeners) listener()
  })
  const gone = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve()
    }),
  )
  const told = (kind: string): Promise<unknown> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = said.find((entry) => entry.kind === kind)
        if (found === undefined) return
        listeners = listeners.filter((listener) => listener !== look)
        resolve(found.detail)
      }
      listeners.push(look)
      look()
    })
  const ready = Promise.race([
    told('ready'),
    told('failed').then((message) => {
      throw new Error(String(message))
    }),
    gone.then(() => {
      throw new Error('the job ended')
    }),
  ]) as StartedJob['ready']
  ready.catch(() => undefined)
  return {
    ready,
    said,
    told,
    end: async () => {
      child.stdin.end()
      await gone
    },
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}
