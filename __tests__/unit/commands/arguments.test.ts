import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../../src/commands/arguments'
import { commands } from '../../../src/commands/table'
import { ConfigError } from '../../../src/config'
import { version } from '../../../src/run/version'
import { inputNames } from '../../../src/config/fields/inputs'

const read = async (...argv: readonly string[]): Promise<object> => {
  const { command, args } = await parseArguments(argv)
  return { command, ...args }
}
const helpOf = async (...argv: readonly string[]): Promise<string> => {
  const { command, args } = await parseArguments(argv)
  return command === 'help' && 'text' in args ? String(args.text) : ''
}

const problems = async (...argv: readonly string[]): Promise<string> => {
  try {
    return JSON.stringify(await read(...argv))
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

describe('the terminal command', () => {
  it.each([
    [['run'], { command: 'run', inputs: {}, json: false, keep: false }],
    [['run', 'job.yml', '--json'], { command: 'run', inputs: { config: 'job.yml' }, json: true, keep: false }],
    [
      ['run', '--image', 'a.qcow2', '--memory=4G', '--keep', '--fail-fast', 'job.yml'],
      { command: 'run', inputs: { image: 'a.qcow2', memory: '4G', 'fail-fast': 'true', config: 'job.yml' }, json: false, keep: true },
    ],
    [
      ['run', '--fail-fast=false', '--run', '-x'],
      { command: 'run', inputs: { 'fail-fast': 'false', run: '-x' }, json: false, keep: false },
    ],
    [
      ['run', '--commands', 'a', '--commands', 'b', '--pass-env=A', '--pass-env=B', '--run=--x'],
      { command: 'run', inputs: { commands: 'a\nb', 'pass-env': 'A B', run: '--x' }, json: false, keep: false },
    ],
    [['run', '--', '--odd.yml'], { command: 'run', inputs: { config: '--odd.yml' }, json: false, keep: false }],
    [['clean'], { command: 'clean', cache: false }],
    [['clean', '--cache'], { command: 'clean', cache: true }],
    [['resolve', 'fedora:44'], { command: 'resolve', inputs: { image: 'fedora:44' }, json: false }],
    [
      ['resolve', '--verify=signature', 'fedora:44?format=raw', '--json'],
      { command: 'resolve', inputs: { image: 'fedora:44?format=raw', verify: 'signature' }, json: true },
    ],
    [['doctor'], { command: 'doctor', json: false }],
    [['doctor', '--json'], { command: 'doctor', json: true }],
    [['--version'], { command: 'version', text: version }],
  ])('understands %j', async (argv, expected) => {
    expect(await read(...argv)).toEqual(expected)
  })

  it.each([
    [['rum'], 'unknown command `rum`; did you mean `run`?; image-test --help lists the commands'],
    [['--json'], 'unknown option `--json`; image-test --help lists the commands'],
    [['run', '--imag', 'x'], 'unknown option `--imag`; did you mean `--image`?'],
    [['run', '-j'], 'unknown option `-j`'],
    [['run', '--constructor=x'], 'unknown option `--constructor`'],
    [['run', '--__proto__=x'], 'unknown option `--__proto__`'],
    [['clean', '--toString'], 'unknown option `--toString`'],
    [['run', '--image'], '--image needs a value'],
    [['run', '--image', '--keep'], '--image needs a value; if `--keep` is one, write --image=--keep'],
    [['run', '--image', 'a', '--image', 'b'], '--image is given twice'],
    [['run', 'a.yml', 'b.yml'], 'image-test run takes one job file; `b.yml` is one too many'],
    [['run', 'a.yml', '--config', 'b.yml'], 'the job file is given twice, as `a.yml` and with --config'],
    [['resolve'], 'image-test resolve needs the name of an image, such as fedora:44'],
    [['resolve', 'a', 'b'], 'image-test resolve takes one name; `b` is one too many'],
    [['resolve', 'a', '--memory=2G'], 'unknown option `--memory`'],
    [['clean', 'x'], 'image-test clean takes no `x`'],
    [['clean', '--image=x'], 'unknown option `--image`'],
    [['doctor', '--json=maybe'], '--json takes no value'],
  ])('refuses %j', async (argv, message) => {
    expect(await problems(...argv)).toContain(message)
  })

  it('tells everything that is wrong at once', async () => {
    expect(await problems('run', '--imag=x', '--memory', 'a.yml', 'b.yml', '--kep')).toMatchInlineSnapshot(`
      "2 problems in the configuration
      unknown option \`--imag\`; did you mean \`--image\`?
      unknown option \`--kep\`; did you mean \`--keep\`?"
    `)
  })

  it('explains itself', async () => {
    const overview = await helpOf()
    expect(await Promise.all([helpOf('--help'), helpOf('-h'), helpOf('help'), helpOf('help', 'rum')])).toEqual(Array(4).fill(overview))
    await expect(overview).toMatchFileSnapshot('help/overview.txt')
  })

  it.each([...commands.keys()])('explains %s in the same words', async (name) => {
    const text = await helpOf('help', name)
    expect(await Promise.all([helpOf(name, '--help'), helpOf(name, '-h', '--nonsense')])).toEqual([text, text])
    await expect(text).toMatchFileSnapshot(`help/${name}.txt`)
  })

  it('explains every input in the help of run', async () => {
    const text = await helpOf('run', '--nonsense', '--help')
    for (const name of inputNames) expect(text).toContain(`  --${name}`)
    expect(text).toContain('  --memory SIZE             Memory of the machine in M or G, powers of 1024. Default: 2G.\n')
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })
})
