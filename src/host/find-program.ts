import { run } from './process'

export interface FoundProgram {
  readonly name: string
  readonly ok: boolean
  readonly needed: boolean
  readonly text: string // its version, or what to do
}

export const findProgram = async (name: string, needed: boolean, hint: string): Promise<FoundProgram> => {
  const { missing, stdout } = await run({ file: name, args: ['--version'], timeoutMs: 10_000 })
  return { name, ok: !missing, needed, text: missing ? `not found: ${hint}` : (stdout.split('\n')[0] ?? '').trim() || 'found' }
}
