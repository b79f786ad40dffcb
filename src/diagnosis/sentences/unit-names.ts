// Names of units as people write them: systemd escapes paths in them, dev-disk-by\x2dlabel-root.device is /dev/disk/by-label/root.
export const unitNames = (text: string): string =>
  (text.includes('\\x') ? text.replace(escaped, readable) : text).replace(/(\/\S{1,200}) - \1(?=\s|\.?$)/g, '$1')

// Without the lookbehind every place of a long word would be tried as its start.
const escaped = /(?<![\w.\\@:-])([\w.@:-]{1,200}(?:\\x[0-9a-f]{2}[\w.@:-]{0,200}){1,40})/g

const readable = (name: string): string => {
  const [, path, rest = ''] = /^(dev-.*)\.device(?:\/\w+)?(\.?)$/.exec(name) ?? []
  const plain = (part: string): string =>
    part.replace(/\\x([2-7][0-9a-f])/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  return path === undefined ? plain(name) : `/${plain(path.replaceAll('-', '/'))}${rest}`
}
