// What the job is trusted with, in everything that a guest can print and a job file can say: none of it may be read anywhere afterwards.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { throwAwayKey } from '../../../../src/access/keys'
import type { Evidence, Row } from '../row'

const secrets = {
  token: `ghs_${randomBytes(18).toString('hex')}`,
  quoted: `it's a "${randomBytes(9).toString('hex')}" & more`,
  password: `pw-${randomBytes(12).toString('base64url')}`,
  key: throwAwayKey().private,
}

// Chunks end anywhere: pauses within a secret, and fillings that move it over the borders of buffers.
const prints = (variable: string): string[] => [
  `echo "whole: $${variable}"`,
  `echo "on stderr: $${variable}" >&2`,
  `printf %s "$${variable}" | base64 -w 0; echo`,
  `printf 'x%s' "$${variable}" | base64 -w 0; echo`,
  `printf 'xy%s and more' "$${variable}" | base64 -w 0; echo`,
  `printf 'wrapped %s' "$${variable}" | base64`,
  `first=$(printf %s "$${variable}" | head -c 9); printf %s "$first"; sleep 0.3; printf '%s\\n' "\${${variable}#"$first"}"`,
  ...[4090, 16_380, 32_760, 65_530].map((bytes) => `head -c ${bytes} /dev/zero | tr '\\0' .; printf '%s\\n' "$${variable}"`),
  `set -x; : "$${variable}"; set +x`,
  `printf '\\n%s\\n' "$${variable}" | sudo -n tee /dev/ttyS0 >/dev/null`,
]

const block = (lines: readonly string[]): string => lines.map((line) => `      ${line}`).join('\n')

const job = [
  'tests:',
  ...['TOKEN', 'QUOTED', 'PASSWORD', 'KEY'].flatMap((variable) => [
    `  - id: ${variable.toLowerCase()}`,
    '    run: |',
    block(prints(variable)),
  ]),
  `  - name: the name holds ${secrets.token}`,
  '    id: told',
  `    run: echo ${secrets.password} ${secrets.token}; exit 3`,
  '    env: {OWN: x}',
  '  - id: unexpected',
  '    run: echo "$TOKEN"',
  `    expect: {stdout: other than ${secrets.token}}`,
].join('\n')

// Raw, each line of the key, and base64 at the three places of its groups.
const forms = Object.values(secrets)
  .flatMap((secret) => [secret, ...secret.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----'))])
  .flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    ...['', 'x', 'xy'].map((before) =>
      Buffer.from(before + secret)
        .toString('base64')
        .slice(before === '' ? 0 : 4)
        .replace(/.{1,4}=*$/, ''),
    ),
  ])

const filesUnder = (dir: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const nothingTold = ({ step, log, reportDir }: Evidence): void => {
  const shown = log
    .split('\n')
    .filter((line) => !line.startsWith('::add-mask::')) // the runner shows none of them
    .join('\n')
  const places = [
    ['the log', Buffer.from(shown)] as const,
    ...['OUTPUT', 'STATE', 'STEP_SUMMARY', 'ENV', 'PATH'].map((name) => [name, readFileSync(join(step.dir, `GITHUB_${name}`))] as const),
    ...filesUnder(reportDir).map((file) => [file.slice(reportDir.length + 1), readFileSync(file)] as const),
  ]
  const told = places.flatMap(([place, bytes]) => forms.filter((form) => bytes.includes(form)).map((form) => `${place}: ${form}`))
  assert.deepEqual(told, [])
  const names = places.map(([place]) => place)
  for (const place of ['results.json', 'junit.xml', 'summary.md']) assert.ok(names.includes(place), place)
}

const printedAndNotTold = (evidence: Evidence): void => {
  nothingTold(evidence)
  const { log, result, reportDir } = evidence
  // They were printed, masked by the runner too, and what stands around them is still there.
  assert.ok(log.includes(`::add-mask::${secrets.token}`))
  const output = readFileSync(join(reportDir, result.tests[0]?.attempts[0]?.stdout.file ?? ''), 'utf8')
  assert.match(output, /^whole: \*\*\*$/m)
  assert.ok((output.match(/\*\*\*/g)?.length ?? 0) >= 9, output.replaceAll('.', ''))
  assert.ok(readFileSync(join(reportDir, 'machines/machine/console.log'), 'utf8').includes('***'))
}

export const secretRows: readonly Row[] = [
  {
    name: 'secrets in everything that is printed',
    group: 'hostile',
    quick: true,
    guest: 'tiny',
    inputs: { 'pass-env': 'TOKEN, QUOTED, PASSWORD, KEY', password: secrets.password, 'ssh-key': secrets.key },
    job,
    prepare: () => ({
      env: { TOKEN: secrets.token, QUOTED: secrets.quoted, PASSWORD: secrets.password, KEY: secrets.key },
    }),
    expected: {
      verdict: 'failed',
      tests: { token: 'passed', quoted: 'passed', password: 'passed', key: 'passed', told: 'failed', unexpected: 'failed' },
      withinSeconds: 180,
      check: printedAndNotTold,
    },
  },
  {
    name: 'secrets beside a mistake in the configuration',
    group: 'hostile',
    quick: true,
    inputs: {
      image: `https://somebody:${secrets.password}@example.invalid/disk.qcow2?signature=${secrets.token}`,
      'pass-env': 'TOKEN, QUOTED',
      password: secrets.password,
      'ssh-key': secrets.key,
      commands: `curl -u "me:${secrets.password}" -H "X-Token: ${secrets.token}" https://example.invalid`,
      memory: 'a lot',
    },
    prepare: () => ({ env: { TOKEN: secrets.token, QUOTED: secrets.quoted } }),
    expected: {
      verdict: 'config-error',
      message: /memory/,
      withinSeconds: 30,
      check: (evidence) => {
        nothingTold(evidence)
        assert.ok(evidence.log.includes(`::add-mask::${secrets.token}`))
      },
    },
  },
]
