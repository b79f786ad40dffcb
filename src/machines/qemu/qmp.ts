import type { Duplex } from 'node:stream'
import { hostTime } from '../../lib/host-time'

export interface QmpEvent {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

export interface Qmp {
  // Throws with QEMU's own words on an error answer, on the deadline, and when the connection is lost.
  run(command: string, args?: Readonly<Record<string, unknown>>, timeoutMs?: number): Promise<unknown>
  hmp(line: string): Promise<string>
}

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

// A QMP client: JSON lines over the socket that QEMU inherited. Answers come in the order of the commands' ids.
export const connectQmp = async (socket: Duplex, onEvent: (event: QmpEvent) => void): Promise<Qmp> => {
  const pending = new Map<number, Pending>()
  let nextId = 0
  let lost: Error | undefined
  const lose = (): void => {
    lost = new Error('QEMU closed its control connection')
    for (const { reject } of pending.values()) reject(lost)
    pending.clear()
  }
  const take = (line: string): void => {
    if (line.trim() === '') return
    const message = JSON.parse(line) as Message
    if (message.event !== undefined) onEvent({ event: message.event, data: message.data ?? {} })
    if (message.id === undefined) return
    const waiting = pending.get(message.id)
    pending.delete(message.id)
    if (message.error) waiting?.reject(new Error(`QEMU refused: ${message.error.desc}`))
    else waiting?.resolve(message.return)
  }
  let unfinished = ''
  socket.setEncoding('utf8')
  socket.on('data', (chunk: string) => {
    const lines = (unfinished + chunk).split('\n')
    unfinished = lines.pop() ?? ''
    lines.forEach(take)
  })
  socket.on('close', lose)
  socket.on('error', lose)

  const run: Qmp['run'] = (command, args = {}, timeoutMs = 5000) =>
    new Promise((resolve, reject) => {
      if (lost) {
        reject(lost)
        return
      }
      const id = (nextId += 1)
      const cancel = hostTime.after(timeoutMs, () => {
        pending.delete(id)
        reject(new Error(`QEMU did not answer ${command} within ${timeoutMs} ms`))
      })
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T): void => {
          cancel()
          then(value)
        }
      pending.set(id, { resolve: settle(resolve), reject: settle(reject) })
      socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`)
    })
  await run('qmp_capabilities', {}, 30_000)
  return { run, hmp: async (line) => String(await run('human-monitor-command', { 'command-line': line })) }
}

interface Message {
  readonly id?: number
  readonly event?: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly return?: unknown
  readonly error?: { readonly desc: string }
}
