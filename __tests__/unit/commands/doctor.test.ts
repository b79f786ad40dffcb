import { afterEach, expect, it, vi } from 'vitest'
import { examineHost } from '../../../src/commands/doctor'

afterEach(() => {
  vi.unstubAllEnvs()
})

it('tells of a host where nothing can be written, by what cannot', async () => {
  vi.stubEnv('TMPDIR', '/nonexistent')
  const { ready, checks } = await examineHost('/proc/image-test')
  expect(ready).toBe(false)
  expect(checks.find(({ name }) => name === 'working folder')?.text).toContain('set RUNNER_TEMP or XDG_CACHE_HOME')
  expect(checks.find(({ name }) => name === 'accelerator')?.text).toMatch(/^not tried without/)
})
