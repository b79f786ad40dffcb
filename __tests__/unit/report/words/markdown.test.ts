import { describe, expect, it } from 'vitest'
import { code, fenced, htmlCode, link, markdownText } from '../../../../src/report/words/markdown'

// What cmark-gfm, GitHub's own renderer, makes of these was looked at: none becomes markup.
const hostile = [
  'a | b',
  'a \\| b',
  'a \\\\| b',
  '`x`',
  '``` x',
  '<script>alert(1)</script>',
  '</code></summary></details>',
  '@maintainer look',
  '](http://evil.example) [x',
  '![x](http://evil.example/x.png)',
  '# heading\n\n- list',
  '1. list',
  '*b* _i_ ~~s~~ $x$',
  ':smile:',
  'www.evil.example http://evil.example',
  '&lt;b&gt;',
  'ab\u202edc',
  '\x1b[31mred\x1b[0m\0',
]

describe('a hostile name', () => {
  it('stays text in a sentence', () => {
    expect(hostile.map((name) => markdownText(name).replaceAll('\u200b', '<ZWSP>'))).toMatchInlineSnapshot(`
      [
        "a &#124; b",
        "a &#92;&#124; b",
        "a &#92;&#92;&#124; b",
        "\`x\`",
        "&#96;&#96;&#96; x",
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "&#60;/code&#62;&#60;/summary&#62;&#60;/details&#62;",
        "@<ZWSP>maintainer look",
        "&#93;(http&#58;//evil.example) &#91;x",
        "!&#91;x&#93;(http&#58;//evil.example/x.png)",
        "<ZWSP># heading - list",
        "<ZWSP>1. list",
        "&#42;b&#42; &#95;i&#95; &#126;&#126;s&#126;&#126; &#36;x&#36;",
        "&#58;smile:",
        "www&#46;evil.example http&#58;//evil.example",
        "&#38;lt;b&#38;gt;",
        "ab⟨U+202E⟩dc",
        "red",
      ]
    `)
  })

  it('stays one code span, or its HTML where a span cannot hold it', () => {
    expect(hostile.map((name) => code(name))).toMatchInlineSnapshot(`
      [
        "<code>a &#124; b</code>",
        "<code>a &#92;&#124; b</code>",
        "<code>a &#92;&#92;&#124; b</code>",
        "<code>&#96;x&#96;</code>",
        "<code>&#96;&#96;&#96; x</code>",
        "\`<script>alert(1)</script>\`",
        "\`</code></summary></details>\`",
        "\`@maintainer look\`",
        "\`](http://evil.example) [x\`",
        "\`![x](http://evil.example/x.png)\`",
        "\`# heading - list\`",
        "\`1. list\`",
        "\`*b* _i_ ~~s~~ $x$\`",
        "\`:smile:\`",
        "\`www.evil.example http://evil.example\`",
        "\`&lt;b&gt;\`",
        "\`ab⟨U+202E⟩dc\`",
        "\`red\`",
      ]
    `)
  })

  it('stays text in HTML', () => {
    for (const name of hostile) expect(htmlCode(name).slice(6, -7)).not.toMatch(/[<>"'`|*_[\]@]/)
  })

  it('does not open a second row or cell', () => {
    for (const name of hostile) {
      expect(markdownText(name)).not.toMatch(/[|\n]/)
      expect(code(name)).not.toMatch(/[|\n]/)
    }
  })

  it('does not end a fence', () => {
    for (const content of ['```', 'a\n`````\nb', '~~~\n</details>', '````text']) {
      const lines = fenced(content).split('\n')
      const fence = /^`+/.exec(lines[0] ?? '')?.[0] ?? ''
      expect(lines.at(-1)).toBe(fence)
      expect(lines.slice(1, -1).some((line) => line.trimStart().startsWith(fence))).toBe(false)
    }
  })

  it('does not leave a link', () => {
    expect(link('`x`', 'https://github.com/a/b/blob/c/d>) [e](http://evil.example) \\`f`.yml#L1')).toBe(
      '[`x`](<https://github.com/a/b/blob/c/d%3E%29%20%5Be%5D%28http://evil.example%29%20%5C%60f%60.yml#L1>)',
    )
  })
})

it('cuts what is too long', () => {
  expect(markdownText('x'.repeat(1000), 10)).toBe('xxxxxxxxx…')
  expect(code('x'.repeat(1000), 10)).toBe('`xxxxxxxxx…`')
})
