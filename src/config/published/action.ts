import { stringify } from 'yaml'
import { inputTable } from '../fields/inputs'
import { outputs } from '../fields/outputs'

// The text of action.yml. An input that overrides a key of the job file has no default there: it would look as if the user had
// given it.
export const actionYaml = (): string => {
  const inputs = Object.entries(inputTable).map(([name, { description, default: written, overrides }]) => {
    if (written === undefined) return [name, { description }]
    return [name, overrides === undefined ? { description, default: written } : { description: `${description} Default: ${written}.` }]
  })
  const action = {
    name: 'image-test',
    description: 'Boots a cloud image and runs tests on it before it merges',
    author: 'Fedora Cloud',
    branding: { icon: 'hard-drive', color: 'blue' },
    inputs: Object.fromEntries(inputs) as unknown,
    outputs: Object.fromEntries(Object.entries(outputs).map(([name, description]) => [name, { description }])),
    runs: { using: 'node24', main: 'dist/index.js', post: 'dist/index.js' },
  }
  return `# Made by npm run generate from the tables in src/config/fields.\n${stringify(action, { lineWidth: 0, singleQuote: true })}`
}
