import { visible } from './text'

// What XML 1.0 has no character for, not even as an entity (section 2.2).
// eslint-disable-next-line no-control-regex -- they are the subject
const illegal = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu

const escaped = (value: string): string =>
  visible(value).replace(illegal, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

// Text between tags.
export const xmlText = (value: string): string => escaped(value)

// name="value" pairs; line ends and tabs survive a reader's normalisation.
export const attributes = (values: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}="${escaped(String(value)).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
    )
    .join('')
