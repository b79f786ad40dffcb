import { open } from 'node:fs/promises'
import { JobError } from '../errors'
import { codeOf } from '../lib/error-code'

const maxBytes = 64 * 1024 * 1024 // of a console; the report keeps less

// The text of a stored console, `-` for standard input: no more than 64 MiB of it, whatever the file is. config-error
export const readConsoleFile = async (file: string): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    const stream = file === '-' ? process.stdin : (await open(file)).createReadStream()
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, maxBytes - bytes))
      bytes += chunk.length
      if (bytes >= maxBytes) break
    }
  } catch (cause) {
    throw new JobError('config-error', `${file} cannot be read: ${codeOf(cause)}`, {
      hint: 'Name the console.log of a report, or - for standard input.',
      cause,
    })
  }
  return Buffer.concat(chunks).toString()
}
