import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { rules, type Rule } from '../../../src/diagnosis'

const file = join(import.meta.dirname, '../../../docs/findings.md')

const severityCell = ({ by, severity, inPhase = {}, onRealHardware, inInitrd, gates, patient }: Rule): string =>
  [
    `\`${severity}\``,
    ...(inPhase.running ? [`\`${inPhase.running}\` once the machine is ready`] : []),
    ...(inInitrd ? [`\`${inInitrd}\` in an initramfs`] : []),
    ...(gates ? ['fails the job by default'] : []),
    ...(patient ? ['when nothing answers it while booting'] : []),
    ...(by === 'firmware' ? ['only while booting'] : []),
    ...(inPhase.stopping === 'none' ? ['none when it was asked to stop'] : []),
    ...(onRealHardware ? [`\`${onRealHardware}\` on a machine that is not emulated here`] : []),
  ].join('; ')

// Names of programs are written small.
const capital = (text: string): string =>
  /^(?:systemd|dracut|cloud-init|sshd|dm-verity|shim)\b/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1)
const bySeverity = ['fatal', 'error', 'warn', 'suspect-host']

const table = (): string =>
  [
    '| rule | severity | what it means | what to do |',
    '| --- | --- | --- | --- |',
    ...[...rules]
      .sort((a, b) => bySeverity.indexOf(a.severity) - bySeverity.indexOf(b.severity))
      .map((rule) => `| \`${rule.id}\` | ${severityCell(rule)} | ${capital(rule.what)}. | ${rule.todo} |`),
  ].join('\n')

it('docs/findings.md holds every rule as it is', async () => {
  const [before, after] = ['<!-- prettier-ignore-start -->\n', '<!-- prettier-ignore-end -->']
  const text = readFileSync(file, 'utf8')
  const head = text.slice(0, text.indexOf(before) + before.length)
  await expect(`${head}\n${table()}\n\n${text.slice(text.indexOf(after))}`).toMatchFileSnapshot(file)
})
