import type { Name } from './name'

// The name of exactly this image, whatever is published later. It keeps what was asked but the architecture, unless that was asked as well,
// and has a question mark, so that more can be appended: `…&arch=aarch64`.
export const pinnedName = ({ source, query }: Name, release: string, version: string): string => {
  const { variant, format, provider, arch } = query
  const asked = Object.entries({ version, variant, format, provider, arch }).filter(([, value]) => value !== undefined)
  return `${source}:${release}?${asked.map(([key, value]) => `${key}=${value ?? ''}`).join('&')}`
}
