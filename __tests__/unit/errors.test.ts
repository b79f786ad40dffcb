import { mkdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { JobError, toJobError } from '../../src/errors'

const thrownBy = (operation: () => void): unknown => {
  try {
    operation()
  } catch (error) {
    return error
  }
  return undefined
}

it('leaves what is a verdict already', () => {
  const error = new JobError('image-error', 'no', { hint: 'mend it' })
  expect(toJobError(error)).toBe(error)
})

it('knows a full disk, wherever it was written to', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  expect(toJobError(full)).toMatchObject({ outcome: 'infra-error', message: 'the disk of the host is full (ENOSPC)', cause: full })
})

it('calls everything else a fault of ours', () => {
  const error = toJobError(
    thrownBy(() => {
      mkdirSync('/dev/null/x')
    }),
  )
  expect(error).toMatchObject({ outcome: 'infra-error', message: expect.stringMatching(/^unexpected: ENOTDIR/) as string })
  expect(error.hint).toContain('open an issue')
  expect(toJobError('words').message).toBe('unexpected: words')
})
