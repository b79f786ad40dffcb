import https from 'node:https'
import { afterAll, beforeAll } from 'vitest'
import type { ImageRequest } from '../../../../src/config/job'
import { identifyImage, type ImageIdentity } from '../../../../src/images/identify'
import type { ImageOptions } from '../../../../src/images/index'
import { certificate } from '../../../support/certificate'
import { folder } from '../../../support/make'
import { startServer, type TestServer } from '../../../support/server'
import { createSigner, type Signer } from '../../../support/signer'
import { publish, type Publishers } from './publishers'

// All publishers on one https server, for the tests of a file.
export const publishers = () => {
  const state: { server?: TestServer; signer?: Signer; published?: Publishers } = {}
  beforeAll(async () => {
    const tls = certificate()
    https.globalAgent.options.ca = tls.cert
    state.server = await startServer({ tls })
    state.signer = createSigner()
    state.published = publish(state.server, state.signer)
  })
  afterAll(async () => {
    delete https.globalAgent.options.ca
    state.signer?.close()
    await state.server?.close()
  })
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new RangeError('not before the tests')
    return value
  }
  const identify = async (source: string, request: Partial<ImageRequest> = {}, options: Partial<ImageOptions> = {}) => {
    const warnings: string[] = []
    const { env, keys } = there(state.published)
    const identity: ImageIdentity = await identifyImage(
      { source, verify: 'auto', ...request },
      {
        dir: folder(),
        cwd: folder(),
        env,
        keys,
        signal: new AbortController().signal,
        deadlineMs: performance.now() + 600_000,
        onProgress: () => undefined,
        warn: (text) => warnings.push(text),
        limits: { stallMs: 60_000, firstRetryMs: 5, longestRetryMs: 50, besideMs: 1000 },
        ...options,
      },
    )
    return { ...identity, warnings }
  }
  return { identify, server: () => there(state.server), signer: () => there(state.signer), published: () => there(state.published) }
}
