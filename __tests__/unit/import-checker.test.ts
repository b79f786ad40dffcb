// What the test of the import order sees, on houses made up for it.
import { describe, expect, it } from 'vitest'
import { circleIn, importsIn, importsOf, outOfOrder, type Order } from '../support/imports'

const order: Order = {
  '': ['lib', 'errors', 'images', 'machines', 'main'],
  images: ['trust', 'names'],
  'images/names': ['publishers'],
  machines: ['.', 'qemu'],
}

// Why files may not import what they do, in a house of these files.
const faults = (files: Readonly<Record<string, string>>, forAll = new Set<string>()): readonly string[] =>
  [...importsOf(new Map(Object.entries(files)))].flatMap(([from, all]) =>
    all.flatMap(({ file }) => (file === undefined ? [] : (outOfOrder(from, file, order, forAll) ?? []))),
  )

const circle = (files: Readonly<Record<string, string>>): string | undefined =>
  circleIn(importsOf(new Map(Object.entries(files))))?.join(' → ')

describe('an import is seen', () => {
  it.each([
    ['of names', "import { a, b } from './x'"],
    ['over several lines', "import {\n  a,\n  b,\n} from './x'"],
    ['of everything', "import * as a from './x'"],
    ['of a type', "import type { A } from './x'"],
    ['of a type among names', "import { type A } from './x'"],
    ['for its side effects', "import './x'"],
    ['at run time', "const a = await import('./x')"],
    ['at run time, in a function', 'const f = async () => (await import(`./x`)).a'],
    ['in a type', "type A = import('./x').A"],
    ['of the type of a module', "type A = typeof import('./x')"],
    ['that is required', "const a = require('./x')"],
    ['that is required the old way of TypeScript', "import a = require('./x')"],
    ['that is handed on', "export { a } from './x'"],
    ['of which everything is handed on', "export * from './x'"],
    ['of which a type is handed on', "export type { A } from './x'"],
    ['behind other code', "const text = 'from'; import { a } from './x'"],
  ])('%s', (_, text) => {
    expect(importsIn(text)).toEqual(['./x'])
  })

  it.each(["// import './x'", 'const text = "import \'./x\'"', 'export const from = 1', "const o = { import: './x' }"])(
    'but not in %s',
    (text) => {
      expect(importsIn(text)).toEqual([])
    },
  )

  it.each(['await import(name)', 'await import(`./${name}`)', 'require(name)'])('or nobody can tell what it is: %s', (text) => {
    expect(() => importsIn(text, 'lib/a.ts')).toThrow('lib/a.ts imports what only it knows when it runs')
  })
})

describe('a file may not import', () => {
  const imported = ["import { a } from '../machines/b'", "import '../machines/b'", "await import('../machines/b')"]

  it.each([...imported, "import type { A } from '../machines/b'"])('a room after its own: %s', (text) => {
    expect(faults({ 'lib/a.ts': text, 'machines/b.ts': '' })).toEqual(['lib/a.ts imports machines/b.ts, but machines comes after lib'])
  })

  it('a room by its index', () => {
    expect(faults({ 'lib/a.ts': "import '../images'", 'images/index.ts': '' })).toHaveLength(1)
  })

  it('the entry', () => {
    expect(faults({ 'lib/a.ts': "import '../main'", 'main.ts': '' })).toEqual(['lib/a.ts imports main.ts, but main comes after lib'])
  })

  it('a room after its own inside the same room', () => {
    const files = { 'images/trust/a.ts': "import '../names/b'", 'images/names/b.ts': '' }
    expect(faults(files)).toEqual(['images/trust/a.ts imports images/names/b.ts, but names comes after trust'])
  })

  it('a room after its own, however deep the two are', () => {
    const files = { 'images/trust/a.ts': "import '../names/publishers/b'", 'images/names/publishers/b.ts': '' }
    expect(faults(files)).toHaveLength(1)
  })

  it('the rooms in a room whose own files come first', () => {
    const files = { 'machines/provider.ts': "import './qemu/b'", 'machines/qemu/b.ts': '' }
    expect(faults(files)).toEqual(['machines/provider.ts imports machines/qemu/b.ts, but qemu comes after .'])
  })

  it.each([
    { 'lib/a.ts': "import '../elsewhere/b'", 'elsewhere/b.ts': '' },
    { 'lib/a.ts': "import './inside/b'", 'lib/inside/b.ts': '' },
    { 'lib/a.ts': "import '../other'", 'other.ts': '' },
  ])('what has no place in the order: %j', (files) => {
    expect(faults(files)[0]).toMatch(/^(elsewhere|lib\/inside|other) has no place in the order$/)
  })
})

describe('a file may import', () => {
  it.each([
    { 'machines/a.ts': "import '../lib/b'", 'lib/b.ts': '' },
    { 'machines/a.ts': "import './b'", 'machines/b.ts': '' },
    { 'main.ts': "import './machines/b'", 'machines/b.ts': '' },
    { 'machines/qemu/a.ts': "import '../provider'", 'machines/provider.ts': '' },
    { 'images/names/a.ts': "import '../trust/b'", 'images/trust/b.ts': '' },
    { 'images/names/publishers/a.ts': "import '../../trust/b'", 'images/trust/b.ts': '' },
    { 'images/index.ts': "import './names/b'", 'images/names/b.ts': '' },
    { 'images/names/a.ts': "import '../limits'", 'images/limits.ts': '' },
    { 'lib/a.ts': "import 'node:fs'; import '../../package.json'" },
  ])('%j', (files) => {
    expect(faults(files)).toEqual([])
  })

  it('what everybody may name', () => {
    expect(faults({ 'lib/a.ts': "import '../errors'", 'errors.ts': '' }, new Set(['errors']))).toEqual([])
    expect(faults({ 'lib/a.ts': "import '../errors'", 'errors.ts': '' })).toHaveLength(1)
  })
})

describe('a circle is seen', () => {
  it.each([
    ['of two, by types alone', { 'a.ts': "import type { B } from './b'", 'b.ts': "import type { A } from './a'" }, 'a.ts → b.ts → a.ts'],
    ['closed at run time', { 'a.ts': "await import('./b')", 'b.ts': "import './a'" }, 'a.ts → b.ts → a.ts'],
    ['of one', { 'a.ts': "import './a'" }, 'a.ts → a.ts'],
    ['through an index', { 'r/index.ts': "export * from './a'", 'r/a.ts': "import '.'" }, 'r/index.ts → r/a.ts → r/index.ts'],
    [
      'behind others',
      { 'x.ts': "import './a'", 'a.ts': "import './b'", 'b.ts': "import './c'; import './d'", 'c.ts': "import './b'", 'd.ts': '' },
      'b.ts → c.ts → b.ts',
    ],
  ])('%s', (_, files, way) => {
    expect(circle(files)).toBe(way)
  })

  it('where there is one only', () => {
    expect(circle({ 'a.ts': "import './b'; import './c'", 'b.ts': "import './d'", 'c.ts': "import './d'", 'd.ts': '' })).toBeUndefined()
  })
})
