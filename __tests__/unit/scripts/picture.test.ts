// The picture in the README is drawn from the summary of a real run, which has to read as a run of today would.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { summaryPicture } from '../../../scripts/published/picture'
import { playReport } from '../../support/paper/report'

const summary = readFileSync('docs/pictures/summary.md', 'utf8')
const job = readFileSync('docs/pictures/job.yml', 'utf8')

it('is small, and says in words what it shows', () => {
  const picture = summaryPicture(summary)
  expect(Buffer.byteLength(picture)).toBeLessThan(12_000)
  for (const words of ['Failed · Tiny Linux', 'a swap file is in use', 'failed as expected', 'First boot: ready after'])
    expect(picture).toContain(words)
})

it('is XML that a browser draws, whatever a summary holds', () => {
  const picture = summaryPicture(
    '## <script>&</script> & **a** `b<c` &#60;\n\n| a |\n| :- |\n| <b>x</b><br><sub>y</sub> |\n\n```text\n<a>\tb\n```\n',
  )
  const texts = picture.replace(/<\/?(?:svg|title|rect|path|text|tspan|g)(?: [\w:-]+="[^"<]*")*\/?>/g, '')
  expect(texts).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/)
  const tags = [...picture.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)].filter(([, , , empty]) => empty !== '/')
  const open: string[] = []
  for (const [, closing, name = ''] of tags) {
    if (closing === '/') expect(open.pop()).toBe(name)
    else open.push(name)
  }
  expect(open).toEqual([])
})

it('reads as a run of today does', async () => {
  const exits = (code: number, stdout = '') => ({ tries: [{ kind: 'exits' as const, code, stdout }] })
  const { files } = await playReport({
    file: `${job}image: { source: 'fedora:44', provisioning: systemd-credentials }\n`,
    as: 'command',
    machines: [
      {
        ...{ boot: 'ready', atEnd: 'stays', console: '', journal: { text: '' } },
        os: { id: 'tiny', version: '1', prettyName: 'Tiny Linux 1', kernel: '6.1.0-56-cloud-amd64' },
        steps: {
          'the seed set the host name': exits(0, 'image-test\n'),
          'the host name survives a reboot': exits(0, 'image-test\n'),
          'nobody can unmount the root': exits(1),
          'a swap file is in use': exits(1, 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'),
          'the time zone is UTC': exits(0, 'UTC\n'),
        },
      },
    ],
  })
  const words = (text: string): string =>
    (text.split('\n### Boot\n')[0] ?? '')
      .replace(/\d+(\.\d+)?(&nbsp;| |\*\*)?\b(m?s|min)\b/g, 'TIME')
      .replace(' (emulated)', '') // which the paper machine is not
      .replace(/\[(`[^`]+`)\]\(<[^>]+>\)/g, '$1') // links to lines, which only a checkout of GitHub has
      .replaceAll('.github/image-test.yml', 'image-test.yml')
  expect(words(files.get('summary.md') ?? '')).toBe(words(summary))
})
