import { isInlineUserData } from '../config'
import { takesValue } from '../config/fields/inputs'
import { shellQuote } from '../lib/shell-quote'
import { shownSource } from '../lib/shown'

// Inputs that hold secrets, or that mean something on this machine only, are for the reader to give again.
const leftOut: ReadonlySet<string> = new Set([
  'password',
  'ssh-key',
  'report-dir',
  'cache-dir',
  'cache-size',
  'cache',
  'annotations',
  'allow-unsafe-event',
])

// An address is shown without what may be secret in it; text that is given in place of a file is not shown at all.
const addresses: ReadonlySet<string> = new Set(['image', 'checksum-file', 'signing-key'])
const isInline = (name: string, value: string): boolean =>
  (name === 'user-data' && isInlineUserData(value)) || (name === 'signing-key' && value.includes('-----BEGIN'))

// The terminal command that repeats a run elsewhere. Secrets are replaced before they are quoted, which would hide them from whoever looks.
export const replayCommand = (inputs: Readonly<Record<string, string>>, redact: (text: string) => string): string => {
  const { config, ...others } = inputs
  const flags = Object.entries(others)
    .filter(([name, value]) => value !== '' && !leftOut.has(name) && !isInline(name, value))
    .map(([name, value]) => flag(name, redact(addresses.has(name) ? shownSource(value) : value.trimEnd())))
  const file = config === undefined || config === '' ? [] : [word(redact(config.startsWith('-') ? `./${config}` : config))]
  return ['image-test run', ...file, ...flags].join(' ')
}

// What follows a flag without a value is the job file, and what begins with a dash a flag.
const flag = (name: string, value: string): string => {
  if (!takesValue(name)) return value.toLowerCase() === 'true' ? `--${name}` : `--${name}=${word(value)}`
  return value.startsWith('-') ? `--${name}=${word(value)}` : `--${name} ${word(value)}`
}

// On one line whatever it holds: the log and the annotations show it so.
const word = (text: string): string => {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  return text.includes('\n')
    ? `$${shellQuote(text.replaceAll('\\', '\\\\')).replaceAll("'\\''", "\\'").replaceAll('\n', '\\n')}`
    : shellQuote(text)
}
