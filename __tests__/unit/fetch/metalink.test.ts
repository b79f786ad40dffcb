import { expect, it } from 'vitest'
import { mirrorsIn } from '../../../src/fetch/metalink'

const list = `<?xml version="1.0" encoding="utf-8"?>
<metalink version="3.0" xmlns="http://www.metalinker.org/" type="dynamic" generator="mirrormanager" xmlns:mm0="http://fedorahosted.org/mirrormanager">
  <files>
    <file name="disk.qcow2">
      <mm0:timestamp>1760797592</mm0:timestamp>
      <size>583729152</size>
      <verification><hash type="sha256">00</hash></verification>
      <resources maxconnections="1">
        <url protocol="rsync" type="rsync" location="US" preference="100">rsync://a.example/disk.qcow2</url>
        <url protocol="http" type="http" location="US" preference="100">http://a.example/disk.qcow2</url>
        <url protocol="https" type="https" location="DE" preference="98">https://b.example/x/disk.qcow2?a=1&amp;b=2</url>
        <url protocol="https" type="https" location="DE" preference="99">
          https://c.example/disk.qcow2
        </url>
        <url protocol="https" type="https" location="DE" preference="97">https://d.example/other.qcow2</url>
        <url protocol="https" type="https" location="DE" preference="96">no address</url>
      </resources>
    </file>
  </files>
</metalink>`

it('gives https first, then by preference, and only the file that is meant', () => {
  expect(mirrorsIn(list, 'disk.qcow2').map(({ href }) => href)).toEqual([
    'https://c.example/disk.qcow2',
    'https://b.example/x/disk.qcow2?a=1&b=2',
    'http://a.example/disk.qcow2',
  ])
})

it('takes nothing that is only a comment', () => {
  expect(mirrorsIn(list.replaceAll('<url', '<!-- <url').replaceAll('</url>', '</url> -->'), 'disk.qcow2')).toEqual([])
})

it.each([list.slice(0, -20), `<!DOCTYPE x>${list}`, '', '<metalink><files/></metalink><!-- no such file -->', '{"error": 404}'])(
  'gives none for %j',
  (text) => {
    expect(mirrorsIn(text, 'disk.qcow2')).toEqual([])
  },
)
