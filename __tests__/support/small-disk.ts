import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { folder } from './make'

export interface SmallDisk extends AsyncDisposable {
  readonly path: string
}

// A disk of so many bytes: a tmpfs that only a child sees, reached through what the kernel shows of that. undefined where no user may mount one.
export const smallDisk = async (bytes: number): Promise<SmallDisk | undefined> => {
  const place = folder()
  const script = `mount -t tmpfs -o size=${bytes} none "$0" && echo mounted && exec sleep infinity`
  const holder = spawn('unshare', ['--user', '--map-root-user', '--mount', 'sh', '-c', script, place], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const gone = once(holder, 'exit').catch(() => undefined)
  const mounted = await Promise.race([once(holder.stdout, 'data'), gone.then(() => undefined)])
  if (mounted === undefined) return undefined
  const end = async (): Promise<void> => {
    holder.kill('SIGKILL')
    await gone
  }
  return { path: `/proc/${holder.pid ?? 0}/root${join(place)}`, [Symbol.asyncDispose]: end }
}
