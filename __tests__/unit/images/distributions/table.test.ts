import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { usualUser } from '../../../../src/access/usual-user'
import { distributions } from '../../../../src/images/distributions/table'

const names = /^## Names$(.*?)^#/ms.exec(readFileSync('docs/images.md', 'utf8').replace(/ +/g, ' '))?.[1] ?? ''
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

describe.each(distributions)('$name', ({ name, example, user, signing }) => {
  it('is told of in docs/images.md, with who logs in', () => {
    const row = names.split('\n').find((line) => line.startsWith('| `') && line.includes(`\`${example}\``))
    expect(row).toContain(`| \`${user}\` |`)
    expect(row?.includes(', signed')).toBe(signing !== undefined)
  })

  it('is known by its own name', () => {
    expect(usualUser(`${name}-1.qcow2`)).toBe(user)
  })
})

// Whoever adds a distribution, or a release of one, should have one place to go to.
it('nothing of a distribution stands outside of the table', () => {
  const telling = new Set(distributions.flatMap(({ name, user }) => [name, user]))
  const others = new Set(['arch', 'core']) // a key of a query; a word of files of ours
  const strangers = sources
    .filter((file) => !file.startsWith('images/distributions/'))
    .flatMap((file) => {
      const text = readFileSync(`src/${file}`, 'utf8')
      return [...telling].filter((word) => !others.has(word) && text.includes(`'${word}'`)).map((word) => [file, word])
    })
  expect(strangers).toEqual([])
})
