// Programs of tests, in processes of their own, that tell what happens to them: a line of JSON each, on stdout.
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterEach } from 'vitest'

export interface Told {
  readonly kind: string
  readonly detail: unknown
}

export interface ToldProcess {
  readonly said: readonly Told[]
  told(kind: string): Promise<unknown> // the first of its kind
  readonly gone: Promise<void>
  end(): Promise<void> // its stdin ends, then it
  kill(): Promise<void> // as kill -9
}

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

export const startTold = (program: string, asked: object): ToldProcess => {
  const child = spawn('node_modules/.bin/vite-node', [program, JSON.stringify(asked)], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const said: Told[] = []
  let listeners: (() => void)[] = []
  createInterface(child.stdout).on('line', (line) => {
    said.push(JSON.parse(line) as Told)
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
  return {
    said,
    told,
    gone,
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
