import { describe, expect, it } from 'vitest'
import { cacheRoot, imageCacheDir, runsRoot } from '../../../src/host/places'

describe('the cache of images', () => {
  it('lies beside the tools that a runner keeps, else in the home', () => {
    expect(imageCacheDir({ RUNNER_TOOL_CACHE: '/opt/hostedtoolcache', HOME: '/home/me' })).toBe('/opt/hostedtoolcache/image-test')
    expect(imageCacheDir({ RUNNER_TOOL_CACHE: '', HOME: '/home/me' })).toBe('/home/me/.cache/image-test/images')
    expect(imageCacheDir({ HOME: '/home/me', XDG_CACHE_HOME: '/var/cache/me' })).toBe('/var/cache/me/image-test/images')
  })
})

describe('the place of a run', () => {
  it('is absolute whatever the variables hold, so that the next command finds it', () => {
    expect(cacheRoot({ XDG_CACHE_HOME: 'cache', HOME: '/home/me' })).toBe('/home/me/.cache/image-test')
    expect(cacheRoot({ XDG_CACHE_HOME: '', HOME: '' })).toMatch(/^\/.*\.cache\/image-test$/)
    expect(runsRoot({ HOME: '' })).toMatch(/^\//)
  })
})
