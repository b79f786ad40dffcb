import { plural } from '../../lib/wording'
import { formatBytes } from '../../lib/shown'
import type { ImageFacts, MachineResult, RunResult } from '../../results'
import { code, folded, table, markdownText } from '../words/markdown'

// What was tested, a column for each machine.
export const imageFactsTable = ({ machines }: RunResult): readonly string[] => {
  if (machines.length === 0) return []
  const rows: readonly (readonly [string, (machine: MachineResult) => string])[] = [
    ['Image', ({ image }) => source(image)],
    ['sha256', ({ image }) => digests(image)],
    ['Verified', ({ image }) => verified(image)],
    ['Disk', ({ image }) => disk(image)],
    ['Vagrant box', ({ image }) => box(image)],
    [
      'System',
      ({ os }) => (os === undefined ? '' : `${markdownText(os.prettyName ?? `${os.id} ${os.version}`)}, kernel ${code(os.kernel)}`),
    ],
    [
      'Machine',
      ({ arch, firmware, cpus, memoryBytes }) =>
        `${markdownText(arch)}, ${markdownText(firmware)}, ${plural(cpus, 'CPU')}, ${formatBytes(memoryBytes)}`,
    ],
    [
      'Firmware',
      ({ firmware, firmwareReason }) => (firmwareReason === undefined ? '' : `${markdownText(firmware)}: ${markdownText(firmwareReason)}`),
    ],
    ['Accelerator', ({ accelerator: { kind, reason } }) => `${kind.toUpperCase()}: ${markdownText(reason)}`],
  ]
  const filled = rows
    .map(([name, cell]) => [name, ...machines.map((machine) => cell(machine))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== ''))
  const [first = [], ...others] = filled
  const drawn = machines.length === 1 ? table(first, others) : table(['', ...machines.map(({ name }) => code(name))], filled)
  return ['### Image', drawn]
}

const source = ({ asked, url, cached }: ImageFacts): string =>
  [asked, ...(url === undefined || url === asked ? [] : [url])].map((address) => code(address, 300)).join('<br>') +
  (cached === true ? '<br>from the cache' : '')

const digests = ({ fetchedSha256, sha256 }: ImageFacts): string => {
  if (fetchedSha256 === undefined || fetchedSha256 === sha256) return code(sha256 ?? '')
  return `${code(fetchedSha256)} as published${sha256 === undefined ? '' : `<br>${code(sha256)} of the disk in it`}`
}

const verified = ({ verified: how, verifiedBy, unchanged }: ImageFacts): string => {
  const by = how === 'none' ? `⚠️ no: ${markdownText(verifiedBy)}` : `by ${how}: ${markdownText(verifiedBy)}`
  return unchanged === undefined ? by : `${by}<br>${unchanged ? 'unchanged by the run' : '❌ changed while it was tested'}`
}

const disk = ({ format, bytes, virtualBytes }: ImageFacts): string =>
  `${markdownText(format)}${bytes === 0 ? '' : `, ${formatBytes(bytes)}`}${virtualBytes === undefined ? '' : `, ${formatBytes(virtualBytes)} for the guest`}`

const box = ({ box: of }: ImageFacts): string => {
  if (of === undefined) return ''
  const info = Object.entries(of.info).map(([key, value]) => `${key}: ${value}`)
  return markdownText(`for ${of.provider}${info.length === 0 ? '' : ` (${info.join(', ')})`}`)
}

// Every byte that we put into the guest.
export const seedFiles = ({ machines }: RunResult): readonly string[] => {
  const many = machines.length > 1
  const files = machines.flatMap(({ name, seed }) => seed.map((file) => ({ name, ...file })))
  if (files.length === 0) return []
  const rows = files.map(({ name, path, bytes, sha256 }) => [...(many ? [code(name)] : []), code(path), formatBytes(bytes), code(sha256)])
  const body = table([...(many ? ['Machine'] : []), 'File', 'Size', 'sha256'], rows)
  return [folded(`What was put into the guest: ${plural(files.length, 'seed file')}, nothing else`, body)]
}
