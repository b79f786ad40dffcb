import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'

const source = resolve('src')
const exported = /^export (?:declare )?(?:async )?(?:const|function|class|interface|type|let) (\w+)/gm

const exportsOf = (file: string): readonly string[] =>
  [...readFileSync(join(source, file), 'utf8').matchAll(exported)].map(([, name = '']) => name)

// Who reads a name in a message or a search should not have to ask which one is meant.
it('no name is exported by two files', () => {
  const files = new Map<string, string[]>()
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')))
    for (const name of new Set(exportsOf(file))) files.set(name, [...(files.get(name) ?? []), file])
  expect(files.size).toBeGreaterThan(500)
  expect([...files].filter(([, of]) => of.length > 1)).toEqual([])
})
