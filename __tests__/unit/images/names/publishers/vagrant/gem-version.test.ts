import { describe, expect, it } from 'vitest'
import {
  compareGemVersions,
  parseRequirement,
  parseVersion,
  type GemVersion,
} from '../../../../../../src/images/names/publishers/vagrant/gem-version'
import table from './gem-version-cases.json'

// What Ruby 3.1 with RubyGems 3.3 says, asked the way Vagrant asks it.
const version = (text: string): GemVersion => {
  const parsed = parseVersion(text)
  if (parsed === undefined) throw new Error(`${text} is no version`)
  return parsed
}

describe("Ruby's table", () => {
  it('has 340 cases', () => {
    expect(table.cases).toHaveLength(340)
  })

  it.each(table.cases)('$constraint takes $version: $satisfied', ({ constraint, version: text, satisfied }) => {
    expect(parseRequirement(constraint)?.(version(text))).toBe(satisfied)
  })

  it('sorts versions as Ruby does', () => {
    const { sorted_ascending: sorted } = table
    for (const [index, text] of sorted.entries()) {
      for (const later of sorted.slice(index + 1)) {
        expect(compareGemVersions(version(text), version(later)), `${text} ${later}`).toBeLessThanOrEqual(0)
        expect(compareGemVersions(version(later), version(text)), `${later} ${text}`).toBeGreaterThanOrEqual(0)
      }
    }
    expect(compareGemVersions(version('1.0'), version('1.0.0'))).toBe(0)
    expect(compareGemVersions(version('2.0.0-rc1'), version('2.0'))).toBeLessThan(0)
  })

  it.each(table.canonical as [string, string, boolean][])('%s is %s, a prerelease: %s', (text, canonical, prerelease) => {
    expect(version(text).prerelease).toBe(prerelease)
    expect(compareGemVersions(version(text), version(canonical))).toBe(0)
  })

  it.each(table.invalid as [string, string][])('%j is %s', (constraint, says) => {
    expect(parseRequirement(constraint) === undefined).toBe(says !== 'ok')
  })
})
