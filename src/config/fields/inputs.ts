// The inputs of the action, which are the flags of the terminal command as well. Where a key of the job file stands beside an
// input, they share type, default and description, and the input overrides the key.
import type { Field } from '../types/mapping'
import { accepted, boolean, choice, line, refused, scalar, script, wholeNumber } from '../types/scalar'
import type { Scalar } from '../types/type'
import { size } from '../types/units'
import { shellWords, variableNames } from '../types/words'
import { imageFields, machineFields } from './image'
import { jobFields } from './job'
import { commonFields } from './test'

export interface Input<T> extends Field<T> {
  readonly type: Scalar<T>
  readonly overrides?: string // the key of the job file
  readonly verbatim?: true // blanks around it count
  readonly secret?: true // never repeated in a message
  readonly joinedBy?: string // what stands between the values of a flag that is given several times
}

const beside = <T>(key: string, field: Omit<Input<T>, 'overrides'>): Input<T> => ({ ...field, overrides: key })

// eslint-disable-next-line no-control-regex -- nobody can type them at a login prompt
const controls = /[\0-\x1f\x7f]/

const path = line('a path', 'PATH')

// Blanks in it count, but not the line end that a stored secret often has.
const password = scalar({
  expected: 'a password on one line',
  placeholder: 'PASSWORD',
  schema: { type: 'string' },
  parse: (written) => {
    const value = written.replace(/\r?\n$/, '')
    return value !== '' && !controls.test(value) ? accepted(value) : refused
  },
})

export const inputs = {
  image: beside('image.source', imageFields.source),
  checksum: beside('image.checksum', imageFields.checksum),
  'checksum-file': beside('image.checksum-file', imageFields['checksum-file']),
  verify: beside('image.verify', imageFields.verify),
  'signing-key': beside('image.signing-key', imageFields['signing-key']),
  'login-user': beside('image.login-user', imageFields['login-user']),
  format: beside('image.format', imageFields.format),
  arch: beside('image.arch', imageFields.arch),
  provisioning: beside('image.provisioning', imageFields.provisioning),
  memory: beside('machine.memory', machineFields.memory),
  cpus: beside('machine.cpus', machineFields.cpus),
  disk: beside('machine.disk', machineFields.disk),
  firmware: beside('machine.firmware', machineFields.firmware),
  tpm: beside('machine.tpm', machineFields.tpm),
  'disk-bus': beside('machine.disk-bus', machineFields['disk-bus']),
  nic: beside('machine.nic', machineFields.nic),
  config: {
    type: path,
    description: 'Path of the job file. `.github/image-test.yml` is read when neither this nor `commands` nor `run` is given.',
  },
  commands: {
    type: script('one command per line', 'COMMANDS'),
    description: 'Commands, one per line, each a test of its own; `#` starts a comment, `\\` at the end of a line continues it.',
    verbatim: true,
    joinedBy: '\n',
  },
  run: { type: script('a script', 'SCRIPT'), description: 'A script that is one test.', verbatim: true },
  'fail-fast': beside('fail-fast', jobFields['fail-fast']),
  'boot-timeout': beside('boot-timeout', jobFields['boot-timeout']),
  'boot-attempts': beside('boot-attempts', jobFields['boot-attempts']),
  'test-timeout': beside('defaults.timeout', commonFields.timeout),
  timeout: beside('timeout', jobFields.timeout),
  accelerator: {
    type: choice('auto', 'kvm', 'tcg'),
    default: 'auto',
    description: '`kvm`, `tcg` (emulation, many times slower), or `auto`: KVM where it works.',
  },
  password: {
    type: password,
    description: 'Password of the login user, for images that take no key; password login stays off without it.',
    verbatim: true,
    secret: true,
  },
  'ssh-key': {
    type: script('a private key', 'KEY'),
    description: 'Private key to log in with, or the path of its file; without it a new key is made for each machine.',
    verbatim: true,
    secret: true,
  },
  'user-data': {
    type: script('user data', 'USER-DATA'),
    description: 'Your own cloud-init user data (`#cloud-config …`) or Ignition config (JSON), or the path of its file; merged with ours.',
    verbatim: true,
    secret: true,
  },
  'pass-env': {
    type: variableNames,
    description: 'Names of environment variables that tests shall see; their values are masked.',
    joinedBy: ' ',
  },
  'qemu-args': { type: shellWords, description: 'Further arguments for QEMU, split as a shell would.', joinedBy: ' ' },
  cache: {
    type: boolean,
    default: 'false',
    description: 'Keeps images from servers whose digest is known, unpacked, for the next job: see docs/images.md.',
  },
  'cache-dir': {
    type: path,
    description: 'Folder of that cache; without it `$RUNNER_TOOL_CACHE/image-test` or `~/.cache/image-test/images`.',
  },
  'cache-size': {
    type: size,
    default: '10G',
    description: 'What the cache may take on the disk, in `M` or `G`; beyond that, what was used longest ago is removed.',
  },
  'report-dir': { type: path, description: 'Folder for the report; without it `$RUNNER_TEMP/image-test/$GITHUB_ACTION/report`.' },
  title: beside('title', jobFields.title),
  annotations: { type: wholeNumber(0, 10), default: '10', description: 'The most annotations of a kind; GitHub shows no more than 10.' },
  'allow-unsafe-event': {
    type: boolean,
    default: 'false',
    description:
      'Runs also on events that strangers can start and that have your secrets (`pull_request_target`, `workflow_run`, `issue_comment` …).',
  },
} as const

export type InputName = keyof typeof inputs

// The inputs that were given, each read as what it is.
export type GivenInputs = { readonly [K in InputName]?: (typeof inputs)[K] extends Input<infer T> ? T : never }

// The same table without its particular types.
export const inputTable: Readonly<Record<string, Input<unknown>>> = inputs
export const inputNames = Object.keys(inputs)

// Whether a value follows the flag of that name; one without may have it after `=`.
export const takesValue = (name: string): boolean => inputTable[name]?.type.placeholder !== ''
