// Asks the host's bash whether commands can be parsed.
import { run } from '../../host/process'

// -n parses and runs nothing. Its complaints about one command end with a NUL. A here-document without its end is only a warning
// to bash, so what counts is whether it says anything.
const checkEach = `while IFS= read -r -d '' command; do bash -n <<<"$command" 2>&1; printf '\\0'; done`

// For each command the first complaint of bash, '' when it is complete. undefined: there is no bash here that could tell.
export const checkCommands = async (commands: readonly string[], signal: AbortSignal): Promise<readonly string[] | undefined> => {
  if (commands.length === 0) return []
  const finished = await run({
    file: 'bash',
    args: ['-c', checkEach],
    input: commands.map((command) => `${command}\0`).join(''),
    env: { LC_ALL: 'C', BASH_ENV: '' },
    timeoutMs: 10_000 + commands.length * 20,
    signal,
  })
  const complaints = finished.stdout.split('\0')
  return finished.ok && complaints.length === commands.length + 1 ? complaints.slice(0, -1).map(firstComplaint) : undefined
}

// 'bash: line 1: syntax error: unexpected end of file' → the part that is about the command.
const firstComplaint = (output: string): string =>
  output
    .split('\n', 1)
    .join('')
    .replace(/^.*?bash: (?:line \d+: )?/, '')
