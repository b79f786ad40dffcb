// Workflow commands, as the runner reads them from stdout.
export type Properties = Readonly<Record<string, string | number | undefined>>

// The same text as @actions/core writes; that package writes to stdout itself, past our single writer.
export const workflowCommand = (name: string, properties: Properties, message: string): string => {
  const pairs = Object.entries(properties)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([key, value]) => `${key}=${escapeProperty(String(value))}`)
  return `::${name}${pairs.length > 0 ? ` ${pairs.join(',')}` : ''}::${escapeData(message)}`
}

const escapeData = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

// A line of ours that quotes a stranger (a test's name, a path) must not be taken for a command: :: counts at the start of a line and
// ##[ anywhere (ActionCommand.cs, TryParseV2 and TryParse).
export const notACommand = (line: string): string => line.replace(/^([\s\p{Cf}]*)::/u, '$1: :').replaceAll('##[', '# #[')
