import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../../src/commands/arguments'
import { redactor } from '../../../src/lib/redaction/redact'
import { replayCommand as withoutSecrets } from '../../../src/commands/replay'

const replayCommand = (inputs: Readonly<Record<string, string>>): string => withoutSecrets(inputs, (text) => text)

const words = (command: string): string[] =>
  execFileSync('bash', ['-c', `image-test() { printf '%s\\0' "$@"; }; ${command}`])
    .toString()
    .split('\0')
    .slice(0, -1)

describe('the command that repeats a run', () => {
  it.each(['true', 'echo "a b"', "it's", 'a\nb', 'tab\tand \\n and \\\\', "several\nlines with ' and \\"])(
    'gives a shell back %j',
    (run) => {
      expect(words(replayCommand({ image: 'x.qcow2', run }))).toEqual(['run', '--image', 'x.qcow2', '--run', run])
    },
  )

  it.each([
    { 'fail-fast': 'true', tpm: 'false', image: 'x.qcow2', run: 'ls' },
    { title: '--dry run', config: '--job.yml', 'qemu-args': '-smp 2', image: '-x.qcow2' },
  ])('means the same to the command: %j', async (inputs) => {
    const parsed = await parseArguments(words(replayCommand(inputs)))
    expect({ command: parsed.command, ...parsed.args }).toMatchObject({
      command: 'run',
      inputs: { ...inputs, ...('config' in inputs ? { config: './--job.yml' } : {}) },
    })
  })

  it('is one line', () => {
    expect(replayCommand({ commands: 'a\nb' })).not.toContain('\n')
  })

  it('names the job file first, and no secrets', () => {
    expect(replayCommand({ config: 'job.yml', password: 'hidden', 'ssh-key': 'hidden', memory: '1G' })).toBe(
      'image-test run job.yml --memory 1G',
    )
    expect(replayCommand({ 'user-data': '#cloud-config\nchpasswd: {expire: false}' })).toBe('image-test run')
    expect(replayCommand({ 'user-data': 'build/user-data' })).toBe('image-test run --user-data build/user-data')
  })

  it('shows addresses without what may be secret in them, and no text that stands for a file', () => {
    const asked = {
      image: 'https://bob:pw@host/i.qcow2?sig=X',
      'checksum-file': 'https://bob:pw@host/S?sig=X',
      'signing-key': 'https://carol:pw@host/k#frag',
      'user-data': '#cloud-config: {password: $6$hash}',
    }
    expect(replayCommand(asked)).toBe(
      'image-test run --image https://host/i.qcow2 --checksum-file https://host/S --signing-key https://host/k',
    )
    expect(replayCommand({ 'signing-key': '-----BEGIN PGP PUBLIC KEY BLOCK-----', 'user-data': '{"ignition": {}}' })).toBe('image-test run')
  })

  it('replaces secrets before quotes could hide them', () => {
    const redact = redactor(["Tr0ub'4&dor pass"]).text
    expect(withoutSecrets({ commands: "login Tr0ub'4&dor pass\nls" }, redact)).toBe("image-test run --commands $'login ***\\nls'")
  })
})
