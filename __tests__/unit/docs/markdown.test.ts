import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { anchors, localLinks, tables } from './markdown'

const scratch = mkdtempSync(join(tmpdir(), 'markdown-'))
afterAll(() => {
  rmSync(scratch, { recursive: true })
})

const page = (text: string): string => {
  const file = join(scratch, 'page.md')
  writeFileSync(file, text)
  return file
}

it('a link is found in each way of writing one, and none in code', () => {
  const text = [
    '[a](one.md) ![b](two.svg "title") [c](<three.md#x>) [d][e] [w](https://example.com/w.md)',
    '[e]: four.md',
    '<img alt="" src="five.png"> <a class="b" href="six.md">six</a>',
    '`[no](no.md)`',
    '```text',
    '[no](no.md)',
    '```',
  ].join('\n')
  expect(localLinks(page(text)).toSorted()).toEqual(['five.png', 'four.md', 'one.md', 'six.md', 'three.md#x', 'two.svg'])
})

it('a heading has the name that GitHub gives it', () => {
  const text =
    '# Inputs and keys\n## `boot-failed`\n## The action `resolve`\n## Twice\n## Twice\n## [Link](x.md), with: signs & ümläut\n```sh\n# none\n```\n'
  expect(anchors(page(text))).toEqual([
    'inputs-and-keys',
    'boot-failed',
    'the-action-resolve',
    'twice',
    'twice-1',
    'link-with-signs--ümläut',
  ])
})

it('a table ends where its lines end', () => {
  expect(tables(page('| a |\n| - |\n| b |\n\ntext\n\n| c |\n| - |\n```text\n| no |\n```\n'))).toEqual([
    ['| a |', '| - |', '| b |'],
    ['| c |', '| - |'],
  ])
})
