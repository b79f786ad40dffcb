import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { nameSources } from '../../../../src/images/names'
import { baseUrls } from '../../../../src/images/names/base-urls'

const page = readFileSync('docs/images.md', 'utf8')

it.each(nameSources)('docs/images.md tells of $name', ({ example }) => {
  expect(page).toMatch(example.startsWith('compose:') ? /`compose:ID`/ : `\`${example}\``)
})

it.each(Object.entries(baseUrls))('docs/images.md tells that %s changes the address', (name, { url, what }) => {
  expect(page).toContain(`| \`${name}\` | \`${url}\` | ${what} |`)
})
