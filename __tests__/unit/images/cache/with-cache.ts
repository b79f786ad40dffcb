import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { folder } from '../../../support/make'
import { startServer, type TestServer } from '../../../support/server'

// For each test of a file, once it runs: a server, and the place of a cache, which is not there yet.
export const withCache = (): { readonly server: TestServer; readonly cacheDir: string } => {
  let server: TestServer
  let cacheDir: string
  beforeEach(async () => {
    server = await startServer()
    cacheDir = join(folder(), 'cache')
  })
  afterEach(() => server.close())
  return {
    get server() {
      return server
    },
    get cacheDir() {
      return cacheDir
    },
  }
}
