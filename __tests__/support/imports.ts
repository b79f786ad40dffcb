// What source files import, types included, whether that keeps an order of rooms, and circles among them.
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'

// The files of a house, each by its path in it, with its text.
export type Sources = ReadonlyMap<string, string>

// The rooms of each folder in import order, by the folder's path; '' is the house. A file beside rooms at the top is a room as well, without
// its ending. '.' is where the files that lie in a folder itself stand among its rooms; without it they may import these, and these them.
export type Order = Readonly<Record<string, readonly string[]>>

export interface Import {
  readonly written: string
  readonly file?: string // of the house, where it leads to one
}

// Every import of a text: from, for its side effects, at run time, of a type alone, exported onwards, or required. Throws where the name is
// made at run time, so that nobody can tell what it is.
export const importsIn = (text: string, name = 'source.ts'): readonly string[] => {
  const found: string[] = []
  const add = (named: ts.Node | undefined): void => {
    if (named === undefined) return
    if (!ts.isStringLiteralLike(named)) throw new Error(`${name} imports what only it knows when it runs`)
    found.push(named.text)
  }
  const look = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier)
    else if (ts.isExternalModuleReference(node)) add(node.expression)
    else if (ts.isImportTypeNode(node)) add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument)
    else if (ts.isCallExpression(node) && isImport(node.expression)) add(node.arguments[0])
    ts.forEachChild(node, look)
  }
  look(ts.createSourceFile(name, text, ts.ScriptTarget.Latest))
  return found
}

const isImport = (called: ts.Expression): boolean =>
  called.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(called) && called.text === 'require')

export const importsOf = (sources: Sources): ReadonlyMap<string, readonly Import[]> =>
  new Map(
    [...sources].map(([file, text]) => [file, importsIn(text, file).map((written) => ({ written, ...leadsTo(file, written, sources) }))]),
  )

const leadsTo = (from: string, written: string, sources: Sources): Pick<Import, 'file'> => {
  if (!written.startsWith('.')) return {}
  const path = normalize(join(dirname(from), written)).replace(/\/$/, '')
  const file = [path, `${path}.ts`, join(path, 'index.ts'), path.replace(/\.js$/, '.ts')].find((one) => sources.has(one))
  return file === undefined ? {} : { file }
}

// Why a file may not import another, in words; undefined when it may. The nearest folder that holds both decides.
export const outOfOrder = (from: string, to: string, order: Order, forAll: ReadonlySet<string> = new Set()): string | undefined => {
  const [own, other] = [roomsOf(from), roomsOf(to)]
  const unknown = [...unlisted(from, order), ...unlisted(to, order)][0]
  if (unknown !== undefined) return `${unknown} has no place in the order`
  if (forAll.has(other[0] ?? '')) return undefined
  const depth = own.findIndex((room, at) => room !== other[at])
  if (depth < 0) return undefined
  const rooms = order[own.slice(0, depth).join('/')] ?? []
  const [mine, its] = [own[depth] ?? '.', other[depth] ?? '.']
  if ([mine, its].includes('.') && !rooms.includes('.')) return undefined
  return rooms.indexOf(its) < rooms.indexOf(mine) ? undefined : `${from} imports ${to}, but ${its} comes after ${mine}`
}

// 'images/names/source.ts' → images, names, . and 'main.ts' → main
const roomsOf = (file: string): readonly string[] => {
  const folders = file.split('/').slice(0, -1)
  return folders.length === 0 ? [file.replace(/\.ts$/, '')] : [...folders, '.']
}

// Rooms of a file that nobody has put into the order: fails closed, for what stands nowhere would be before everything.
export const unlisted = (file: string, order: Order): readonly string[] => {
  const rooms = roomsOf(file).filter((room) => room !== '.')
  return rooms
    .map((room, depth) => ({ room, folder: rooms.slice(0, depth).join('/') }))
    .filter(({ room, folder }) => order[folder]?.includes(room) !== true)
    .map(({ room, folder }) => join(folder, room))
}

// One circle, from a file back to itself; undefined when there is none.
export const circleIn = (imports: ReadonlyMap<string, readonly Import[]>): readonly string[] | undefined => {
  const left = new Map([...imports].map(([file, all]) => [file, new Set(all.flatMap(({ file: to }) => to ?? []))]))
  // Who imports nothing that is left stands in no circle.
  for (let before = -1; before !== left.size;) {
    before = left.size
    for (const [file, others] of left) if (![...others].some((other) => left.has(other))) left.delete(file)
  }
  const way: string[] = []
  for (let file = [...left.keys()][0]; file !== undefined; file = [...(left.get(file) ?? [])].find((other) => left.has(other))) {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    way.push(file)
  }
  return undefined
}
