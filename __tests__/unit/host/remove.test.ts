import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { run } from '../../../src/host/process'

const sleepers: number[] = []
afterEach(() => {
  for (const pid of sleepers.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // gone, as it should be
    }
  }
})

// A process of another user; `name` is what it calls itself.
const sleeper = async (name: string, marker?: string) => {
  const child = spawn('setpriv', ['--reuid=61999', '--regid=61999', '--clear-groups', 'bash', '-c', 'echo; exec -a "$0" sleep 100', name], {
    env: { PATH: process.env.PATH ?? '', ...(marker === undefined ? {} : { IMAGE_TEST_RUN: marker }) },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  sleepers.push(child.pid ?? 0)
  await once(child.stdout, 'data')
  return {
    signal: once(child, 'exit').then(([, signal]) => signal as string | null),
    runs: () => child.exitCode === null && child.signalCode === null,
  }
}

// Only root has processes of other users.
describe.runIf(process.getuid?.() === 0)('what runs as somebody else', () => {
  const end = (marker: string, ...prefix: readonly string[]) => {
    const [file, ...args] = [...prefix, 'node_modules/.bin/vite-node', '__tests__/unit/host/end-processes.ts', marker]
    return run({ file, args, timeoutMs: 600_000 })
  }

  it('is ended by the marker in its environment', async () => {
    const [ours, others] = [await sleeper('qemu', 'mark-1'), await sleeper('qemu', 'mark-2')]
    expect((await end('mark-1')).stdout).toBe('{"before":1,"after":0}')
    expect(await ours.signal).toBe('SIGKILL')
    expect(others.runs()).toBe(true)
  })

  // As in a container, whose root may not look into the environment of other users.
  it('is ended by its name where its environment is closed to us', async () => {
    const [ours, others] = [await sleeper('image-test-machine.mark-3', 'mark-3'), await sleeper('/somewhere/run-mark-3')]
    const { stdout, stderr } = await end('mark-3', 'setpriv', '--bounding-set=-sys_ptrace', '--inh-caps=-sys_ptrace')
    expect(stdout, stderr).toBe('{"before":1,"after":0}')
    expect(await ours.signal).toBe('SIGKILL')
    expect(others.runs()).toBe(true)
  })
})
