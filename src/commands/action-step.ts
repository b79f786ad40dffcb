// What a step of the action is given by the runner of GitHub, or one like it. Only src/main.ts knows how.
export interface Runner {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: () => string
  readonly inputs: () => Readonly<Record<string, string>>
  readonly state: (name: string) => string // that an earlier step of the action saved; else the empty text
  readonly saveState: (name: string, value: string) => void
  readonly info: (text: string) => void
  readonly fail: (text: string) => void
}

// Resolves with its exit code: a runner knows 0 and 1.
export type ActionStep = (runner: Runner) => Promise<0 | 1>
