// A YAML text with a place for everything in it. Knows nothing of jobs.
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseDocument, visit, type ParsedNode } from 'yaml'
import type { Location } from '../../results'
import type { Report } from '../problems'
import { quote } from '../../lib/wording'
import { syntaxProblems, type Span } from './syntax'

export interface YamlText {
  readonly text: string
  readonly file: string // as locations name it
  readonly inCheckout: boolean
  readonly report: Report
}

// A short file can say a large thing many times, and each time it is read again.
const mostRepeatedMib = 4

// Each takes some hundred bytes of memory: a file of brackets alone would take all there is.
const mostTokens = 1_000_000

export interface YamlFile {
  readonly root: ParsedNode | undefined // absent when there is nothing but comments
  // What a node stands for: itself, or the anchored node of an alias. undefined when that was a problem, now reported.
  follow(node: ParsedNode): ParsedNode | undefined
  locate(span: Span): Location
  report(span: Span, message: string): void
}

// Parses and reports syntax errors. What is found after or around one of those is not reported: it may be its echo.
export const openYaml = ({ text, file, inCheckout, report }: YamlText): YamlFile => {
  const lines = new LineCounter()
  const tooMuch = hasMoreTokens(text)
  const document = parseDocument(tooMuch ? '{}' : text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  const locate = ([from, to]: Span): Location => {
    const start = lines.linePos(from)
    const lastCharacter = from + text.slice(from, to).trimEnd().length - 1
    return { file, line: start.line, column: start.col, endLine: lines.linePos(Math.max(from, lastCharacter)).line, inCheckout }
  }
  const syntax = syntaxProblems(document.errors, lines)
  for (const { span, message } of syntax) report(message, locate(span))
  if (tooMuch) report('this file has more than a million words and signs, which is too much to read; make several of it', locate([0, 0]))
  const tooDeep = document.errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')
  const reliableUntil = tooDeep || tooMuch ? 0 : Math.min(...syntax.map(({ span }) => span[0]))
  const reportAt = (span: Span, message: string): void => {
    if (span[1] <= reliableUntil) report(message, locate(span))
  }
  const anchored = text.includes('*') ? anchorsOf(document.contents) : new Map<unknown, ParsedNode>()
  const root: ParsedNode | null = document.contents
  let repeatable = mostRepeatedMib * 1024 * 1024 // characters that aliases may still stand for
  return {
    root: root === null || (isScalar(root) && root.value === null) ? undefined : root,
    locate,
    report: reportAt,
    follow: (node) => {
      const target = isAlias(node) ? anchored.get(node) : node
      if (isAlias(node) && target !== undefined) {
        const affordable = repeatable > 0
        repeatable -= target.range[1] - target.range[0]
        if (repeatable <= 0) {
          if (affordable)
            reportAt(spanOf(node), `the aliases of this file repeat more than ${mostRepeatedMib} MiB of it; write fewer of them`)
          return undefined
        }
      }
      if (target === undefined) reportAt(spanOf(node), `${quote(text.slice(...spanOf(node)))} names no anchor above it`)
      // `run: ! grep x f` would silently lose its `!`.
      if (target?.tag === undefined) return target
      reportAt(spanOf(node), 'a value that starts with `!` is a tag to YAML, and tags are not used here; put the value in quotes')
      return undefined
    },
  }
}

const hasMoreTokens = (text: string): boolean => {
  const tokens = new Lexer().lex(text)
  for (let count = 0; count <= mostTokens; count += 1) if (tokens.next().done === true) return false
  return true
}

export const spanOf = ({ range }: ParsedNode): Span => [range[0], range[1]]

// What kind of thing a node is, for 'must be …, not …'.
export const describeNode = (node: ParsedNode): string => {
  if (isMap(node)) return 'a mapping'
  if (isSeq(node)) return 'a list'
  return isScalar(node) ? quote(scalarText(node)) : 'an alias'
}

// The text of a scalar as it was written: `1.10` stays 1.10.
export const scalarText = (node: { readonly value: unknown; readonly source?: string }): string =>
  typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))

// An alias means the nearest anchor of its name above it.
const anchorsOf = (root: ParsedNode | null): ReadonlyMap<unknown, ParsedNode> => {
  const anchors = new Map<string, ParsedNode>()
  const targets = new Map<unknown, ParsedNode>()
  visit(root, (_, node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source)
      if (target !== undefined) targets.set(node, target)
    } else if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) anchors.set(node.anchor, node as ParsedNode)
  })
  return targets
}
