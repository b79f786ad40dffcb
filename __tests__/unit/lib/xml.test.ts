import { describe, expect, it } from 'vitest'
import { readXml } from '../../../src/lib/xml'
import { processorMs } from '../../support/processor-time'

const read = (text: string) => {
  const found = readXml(text)
  if (typeof found === 'string') return found
  return found.map(({ name, parent, attributes, text: inside }) => [parent?.name, name, Object.fromEntries(attributes), inside])
}

describe('a document', () => {
  it('is its elements, with the text and the attributes of each, without prefixes', () => {
    const text =
      '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<o:a xmlns:o="urn:o" o:b="1">x<c d=\'2 &lt;&#65;&amp;lt;\'/>y<!-- <e/> --></o:a>\n'
    expect(read(text)).toEqual([
      [undefined, 'a', { b: '1' }, 'xy'],
      ['a', 'c', { d: '2 <A&lt;' }, ''],
    ])
  })

  it('may have text that is not looked at for tags', () => {
    expect(read('<a>1<![CDATA[<b>&c;]]>2</a>')).toEqual([[undefined, 'a', {}, '1<b>&c;2']])
  })
})

it.each([
  '<!DOCTYPE a><a/>',
  '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>',
  '<!doctype a><a/>',
])('with definitions of its own is not read: %s', (text) => {
  expect(read(text)).toBe('definitions')
})

it.each([
  '',
  'text',
  '{"a": 1}',
  '<a>',
  '<a></b>',
  '<a/><b/>',
  '<a/>text',
  '<a/>\0',
  '<a b=c/>',
  '<a b/>',
  '<a>&nbsp;</a>',
  '<a>&b;</a>',
  '<a b="&constructor;"/>',
  '<a b="&__proto__;"/>',
  '<a>&#0;</a>',
  '<a><!ENTITY b "c"></a>',
  '<a hasOwnProperty="1" b="2"/>',
  '<a><!-- ',
  '<a><![CDATA[',
  `${'<a>'.repeat(101)}${'</a>'.repeat(101)}`,
])('what is no document, or one of a hundred storeys, is told: %s', (text) => {
  expect(read(text)).toBe('no XML')
})

it('inherits nothing from names that an object has', () => {
  expect(read('<__proto__ constructor="1"/>')).toEqual([[undefined, '__proto__', { constructor: '1' }, '']])
})

describe('a MiB is read in a moment:', () => {
  it.each(['<a/>', '<a b="c"/>', '<a></a>', '&amp;', '<![CDATA[x]]>', '<!-- -->', '<?x', '<a><![CDATA[', '<', '&', ' '])('%s', (part) => {
    const full = part.repeat((1024 * 1024) / part.length)
    for (const text of [full, `<r>${full}</r>`, `<r>${full}`, `<r ${full}/>`, `<r x="${full}"/>`, `<!DOCTYPE ${full}`])
      expect(processorMs(() => readXml(text))).toBeLessThan(1500)
  })
})
