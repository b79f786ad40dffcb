import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createHostTime } from '../../../src/lib/host-time'
import { fakeTimers } from './fake-timers'

const start = (ms: number) => {
  const { timers, ...time } = fakeTimers()
  const host = createHostTime(timers)
  let calls = 0
  const cancel = host.after(ms, () => (calls += 1))
  return { ...time, host, cancel, calls: () => calls }
}

describe('a wait of so many milliseconds in which the host ran', () => {
  it('ends after them, once, and leaves no timer', () => {
    const { advance, calls, pending, host } = start(10_000)
    advance(9999)
    expect(calls()).toBe(0)
    advance(1)
    expect(calls()).toBe(1)
    advance(60_000)
    expect([calls(), pending(), host.stoodStillMs()]).toEqual([1, 0, 0])
  })

  it('does not count a standstill, whether it ends before or after the deadline', () => {
    for (const stillMs of [5000, 100_000]) {
      const { advance, standStill, calls, host } = start(10_000)
      advance(4000)
      standStill(stillMs)
      advance(5000)
      expect(calls()).toBe(0)
      advance(2000)
      expect(calls()).toBe(1)
      expect(host.stoodStillMs()).toBeGreaterThan(stillMs - 1000)
      expect(host.stoodStillMs()).toBeLessThanOrEqual(stillMs)
    }
  })

  it('reads what waits before it ends, however little is left', () => {
    const { advance, standStill, calls } = start(10_000)
    advance(9990)
    standStill(3000)
    advance(500)
    expect(calls()).toBe(0)
    advance(1000)
    expect(calls()).toBe(1)
  })

  it('tells times that a standstill does not move', () => {
    const { advance, standStill, host } = start(100_000)
    advance(4000)
    standStill(60_000)
    const atMs = host.now()
    expect(atMs).toBeGreaterThanOrEqual(4000)
    expect(atMs).toBeLessThan(5000)
    advance(1000)
    expect(host.now()).toBe(atMs + 1000)
  })

  it('takes a host that is only late for one that runs', () => {
    const { advance, standStill, calls, host } = start(10_000)
    for (let count = 0; count < 20; count += 1) standStill(900)
    expect([calls(), host.stoodStillMs()]).toEqual([1, 0])
    advance(1)
  })

  it('counts time in which we ourselves worked and heard nothing: no host stood still', () => {
    const { advance, work, standStill, calls, host } = start(10_000)
    advance(4000)
    work(5000)
    expect([calls(), host.stoodStillMs()]).toEqual([0, 0])
    work(2000)
    expect(calls()).toBe(0) // what waits is read before
    work(2000)
    expect([calls(), host.stoodStillMs()]).toEqual([1, 0])
    const other = start(100_000)
    other.work(3000)
    other.standStill(8000)
    expect(other.host.stoodStillMs()).toBeGreaterThan(7000)
    standStill(1)
  })

  it('can be cancelled, and leaves no timer', () => {
    const { advance, calls, cancel, pending } = start(10_000)
    advance(4000)
    cancel()
    cancel()
    advance(20_000)
    expect([calls(), pending()]).toEqual([0, 0])
  })
})

it('lets a stopped process go on with a login where it was, past its deadline', async () => {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const program = join(import.meta.dirname, 'standstill-program.ts')
  const child = spawn('node_modules/.bin/vite-node', [program, String((server.address() as AddressInfo).port)])
  const [socket] = (await once(server, 'connection')) as [Socket]
  socket.on('error', () => undefined)
  const [pid] = (await once(socket, 'data')) as [Buffer]
  process.kill(Number(pid), 'SIGSTOP')
  socket.write('answer')
  socket.on('data', () => socket.write('answer'))
  await new Promise((resolve) => setTimeout(resolve, 7000)) // the deadline is after five
  process.kill(Number(pid), 'SIGCONT')
  const told = JSON.parse(await text(child.stdout)) as { first: string; stoodStillMs: number }
  expect(told.first).toBe('end')
  expect(told.stoodStillMs).toBeGreaterThan(1000)
  socket.destroy()
  server.close()
})
