import { expect, it } from 'vitest'
import { boundedFile } from '../../../../src/host/files/bounded-file'

it('ends no job when its disk fails, at the end too', () => {
  const gone = 1_000_000 // no such descriptor
  const file = boundedFile(() => gone, 100)
  file.write(Buffer.from('one'))
  file.write(Buffer.from('two'))
  file.close()
  expect(file.written).toBe(false)
})
