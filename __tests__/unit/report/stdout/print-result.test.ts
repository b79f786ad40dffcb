import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { expect, it } from 'vitest'
import { printResult } from '../../../../src/report/stdout/print-result'

it('does not let what was asked for be lost in silence', async () => {
  await expect(printResult('{}', createWriteStream('/dev/full'))).rejects.toMatchObject({
    outcome: 'infra-error',
    message: 'standard output cannot be written, so what was asked for is lost: ENOSPC',
  })
})

it('is content when nobody reads on', async () => {
  const reader = spawn('true', { stdio: ['pipe', 'ignore', 'ignore'] })
  await once(reader, 'exit')
  await printResult('{}', reader.stdin)
  await printResult('{}', reader.stdin)
})
