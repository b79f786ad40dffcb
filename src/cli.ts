// The terminal command `image-test`.
import './host/small-heap'
import { parseArguments } from './commands/arguments'
import { exitCodes, toJobError } from './errors'

process.stderr.on('error', () => undefined) // nobody reads it
try {
  const { execute } = await parseArguments(process.argv.slice(2))
  process.exitCode = await execute()
} catch (thrown) {
  const error = toJobError(thrown)
  process.stderr.write(`image-test: ${error.message}\n${error.hint}\n`)
  process.exitCode = exitCodes[error.outcome]
}
process.exit()
