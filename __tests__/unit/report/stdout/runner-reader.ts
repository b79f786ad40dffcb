// Reads a log as GitHub's runner does: ActionCommandManager.TryProcessCommand, ActionCommand.TryParseV2 and TryParse, in that order.
const registered = ['group', 'endgroup', 'error', 'warning', 'notice', 'debug', 'add-mask', 'set-output', 'add-matcher', 'stop-commands']

export interface ReadLog {
  readonly commands: readonly { readonly name: string; readonly properties: string; readonly data: string }[]
  readonly lines: readonly string[] // what is shown as text
  readonly stopped: boolean // at the end
}

export const readAsRunner = (log: string): ReadLog => {
  const commands: { name: string; properties: string; data: string }[] = []
  const lines: string[] = []
  const known = new Set(registered)
  let token: string | undefined
  for (const line of log.split('\n')) {
    const command = version2(line, known) ?? legacy(line, known)
    if (!command || (token !== undefined && command.name.toLowerCase() !== token.toLowerCase())) lines.push(line)
    else if (token !== undefined) {
      known.delete(token)
      token = undefined
    } else if (command.name === 'stop-commands') {
      token = command.data
      known.add(token)
    } else commands.push(command)
  }
  return { commands, lines, stopped: token !== undefined }
}

const version2 = (line: string, known: ReadonlySet<string>) => {
  const text = line.trimStart()
  const end = text.indexOf('::', 2)
  return text.startsWith('::') && end >= 0 ? split(text.slice(2, end), text.slice(end + 2), known) : undefined
}

const legacy = (line: string, known: ReadonlySet<string>) => {
  const start = line.indexOf('##[')
  const end = line.indexOf(']', start)
  return start >= 0 && end >= 0 ? split(line.slice(start + 3, end), line.slice(end + 1), known) : undefined
}

const split = (info: string, data: string, known: ReadonlySet<string>) => {
  const [name = '', ...properties] = info.split(' ')
  return known.has(name) ? { name, properties: properties.join(' '), data } : undefined
}
