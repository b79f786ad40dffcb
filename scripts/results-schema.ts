// Makes docs/results.schema.json out of the types in src/results.ts, with TypeScript's own checker: the types are the only source, and their
// comments become descriptions.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { format } from 'prettier'
import ts from 'typescript'

export const schemaFile = resolve(import.meta.dirname, '../docs/results.schema.json')
const source = resolve(import.meta.dirname, '../src/results.ts')

interface Schema {
  readonly [keyword: string]: unknown
}

// The text of the schema, as it is to be committed.
export const resultsSchema = async (): Promise<string> => {
  const program = ts.createProgram([source], { strict: true, exactOptionalPropertyTypes: true, noEmit: true, types: [] })
  const file = program.getSourceFile(source)
  const checker = program.getTypeChecker()
  const root = file && checker.getSymbolAtLocation(file)?.exports?.get(ts.escapeLeadingUnderscores('RunResult'))
  if (!root) throw new RangeError(`no RunResult in ${source}`)
  const { schemaOf, definitions } = schemas(checker)
  const { $ref } = schemaOf(checker.getDeclaredTypeOfSymbol(root)) as { $ref: string }
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'https://github.com/fedora-cloud/image-test/blob/v1/docs/results.schema.json',
    title: 'results.json of image-test',
    $comment: 'Made by scripts/results-schema.ts from src/results.ts',
    $ref,
    $defs: Object.fromEntries([...definitions].toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
  return format(JSON.stringify(schema), { parser: 'json', printWidth: 140 })
}

const schemas = (checker: ts.TypeChecker) => {
  const definitions = new Map<string, Schema>()

  // A type with a name of its own is defined once.
  const schemaOf = (type: ts.Type): Schema => {
    const symbol = type.aliasSymbol ?? (type.isClassOrInterface() ? type.symbol : undefined)
    const declaration = symbol?.declarations?.[0]
    if (!symbol || !declaration || !declaration.getSourceFile().fileName.includes('/src/')) return inline(type)
    if (!definitions.has(symbol.name)) {
      definitions.set(symbol.name, {}) // stands for itself while it is being made
      definitions.set(symbol.name, { ...described(declaration), ...inline(type) })
    }
    return { $ref: `#/$defs/${symbol.name}` }
  }

  const inline = (type: ts.Type): Schema => {
    if (type.flags & ts.TypeFlags.String) return { type: 'string' }
    if (type.flags & ts.TypeFlags.Number) return { type: 'number' }
    if (type.flags & (ts.TypeFlags.Boolean | ts.TypeFlags.BooleanLiteral)) return { type: 'boolean' }
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value }
    if (type.isUnion()) return unionOf(type.types)
    const [item] = checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference) : []
    if (item) return { type: 'array', items: schemaOf(item) }
    if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return objectOf(type)
    throw new RangeError(`no schema for ${checker.typeToString(type)}`)
  }

  const unionOf = (types: readonly ts.Type[]): Schema => {
    const present = types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined))
    if (present.every((type) => type.isStringLiteral())) return { type: 'string', enum: present.map(({ value }) => value) }
    if (present.every(({ flags }) => flags & ts.TypeFlags.BooleanLiteral)) return { type: 'boolean' }
    const [only, ...others] = present
    return only && others.length === 0 ? schemaOf(only) : { anyOf: present.map(schemaOf) }
  }

  const objectOf = (type: ts.Type): Schema => {
    const properties = checker.getPropertiesOfType(type)
    const others = checker.getIndexTypeOfType(type, ts.IndexKind.String)
    const isOptional = ({ flags }: ts.Symbol): boolean => (flags & ts.SymbolFlags.Optional) !== 0
    return {
      type: 'object',
      properties: Object.fromEntries(
        properties.map((property) => [
          property.name,
          { ...described(property.valueDeclaration), ...schemaOf(checker.getTypeOfSymbol(property)) },
        ]),
      ),
      required: properties.filter((property) => !isOptional(property)).map(({ name }) => name),
      additionalProperties: others === undefined ? false : schemaOf(others),
    }
  }
  return { schemaOf, definitions }
}

// The comment above a declaration or behind it on its line.
const described = (declaration: ts.Declaration | undefined): Schema => {
  if (!declaration) return {}
  const text = declaration.getSourceFile().text
  const ranges = ts.isPropertySignature(declaration)
    ? (ts.getTrailingCommentRanges(text, declaration.end) ?? [])
    : (ts.getLeadingCommentRanges(text, declaration.pos) ?? [])
  const comment = ranges.map(({ pos, end }) => text.slice(pos, end).replace(/^\/\/ ?/, '')).join(' ')
  return comment === '' ? {} : { description: comment }
}

if (process.argv[2] === '--write') writeFileSync(schemaFile, await resultsSchema())
