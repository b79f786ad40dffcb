import { stringify } from 'yaml'
import { inputTable } from '../../src/config/fields/inputs'
import { outputs } from '../../src/config/fields/outputs'
import { resolveInputs, resolveOutputs } from '../../src/config/fields/resolve'

// The text of action.yml. An input that overrides a key of the job file has no default there: it would look as if the user had
// given it.
export const actionYaml = (): string =>
  actionFile({
    name: 'image-test',
    description: 'Boots a cloud image and runs tests on it before it merges',
    author: 'Fedora Cloud',
    branding: { icon: 'hard-drive', color: 'blue' },
    inputs: inputsOf(Object.keys(inputTable)),
    outputs: describedOutputs(outputs),
    runs: { using: 'node24', main: 'dist/index.js', post: 'post/index.js' },
  })

// The text of resolve/action.yml.
export const resolveYaml = (): string => {
  const { image, ...inputs } = inputsOf(resolveInputs)
  return actionFile({
    name: 'image-test resolve',
    description: 'Tells where an image is, its digest and who vouches for it, without fetching it',
    author: 'Fedora Cloud',
    inputs: { image: { ...image, required: true }, ...inputs },
    outputs: describedOutputs(resolveOutputs),
    runs: { using: 'node24', main: 'index.js' },
  })
}

const actionFile = (action: object): string =>
  `# Made by npm run generate from the tables in src/config/fields.\n${stringify(action, { lineWidth: 0, singleQuote: true })}`

const inputsOf = (names: readonly string[]): Readonly<Record<string, object>> =>
  Object.fromEntries(
    Object.entries(inputTable)
      .filter(([name]) => names.includes(name))
      .map(([name, { description, default: written, overrides }]) => {
        if (written === undefined) return [name, { description }]
        return [name, overrides === undefined ? { description, default: written } : { description: `${description} Default: ${written}.` }]
      }),
  )

const describedOutputs = (table: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(table).map(([name, description]) => [name, { description }]))
