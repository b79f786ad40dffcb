import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { ImageRequest } from '../../../../src/config/job'
import { identifyImage } from '../../../../src/images/identify'
import { folder, inFolder, obtain, rawDisk } from '../../../support/make'
import { startServer } from '../../../support/server'

it('is the same before and after the download, whichever digests are known', async () => {
  await using server = await startServer()
  const disk = rawDisk(64 * 1024)
  const digest = (algorithm: string): string => createHash(algorithm).update(disk).digest('hex')
  const source = server.put('/disk.raw', disk)
  const checksumFile = inFolder('SUMS', `${digest('sha512')}  disk.raw\n`)
  const request: ImageRequest = { source, verify: 'auto', checksum: `sha384:${digest('sha384')}`, checksumFile }
  const identity = await identifyImage(request, {
    dir: folder(),
    cwd: folder(),
    env: {},
    signal: new AbortController().signal,
    deadlineMs: performance.now() + 600_000,
    onProgress: () => undefined,
    warn: () => undefined,
  })
  expect(identity).toMatchObject({ digest: `sha512:${digest('sha512')}`, cacheKey: `image-test-sha512-${digest('sha512')}` })
  expect((await obtain(source, { request })).facts.cacheKey).toBe(identity.cacheKey)
})
