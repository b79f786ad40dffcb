import { open } from 'node:fs/promises'
import { leadsOut, resolvePath, type Surroundings } from '../host/checkout'
import { quote } from '../lib/wording'
import { JobError } from '../errors'
import { codeOf } from '../lib/error-code'

const maxBytes = 64 * 1024 * 1024 // of a console; the report keeps less

// The text of a stored console, `-` for standard input: no more than 64 MiB of it, whatever the file is. config-error
export const readConsoleFile = async (file: string, surroundings: Surroundings): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  // Its last lines are shown, which may be another file's than the report's.
  if (file !== '-' && (await leadsOut(file, surroundings))) throw refused(file, 'is a link that leads out of the checkout, or nowhere')
  try {
    const stream = file === '-' ? process.stdin : (await open(resolvePath(file, surroundings.cwd))).createReadStream()
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, maxBytes - bytes))
      bytes += chunk.length
      if (bytes >= maxBytes) break
    }
  } catch (cause) {
    const code = codeOf(cause)
    throw refused(file, reasons[code] ?? `cannot be read: ${code}`, cause)
  }
  return Buffer.concat(chunks).toString()
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EISDIR: 'is a folder',
  EACCES: 'cannot be read: no permission',
}

const refused = (file: string, why: string, cause?: unknown): JobError =>
  new JobError('config-error', `${file === '-' ? 'standard input' : quote(file, 300)} ${why}`, {
    hint: 'Name the console.log of a report (machines/machine/console.log in its folder), or - for standard input.',
    cause,
  })
