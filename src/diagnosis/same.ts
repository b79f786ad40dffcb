// What a line says without who says it and when: one message goes to the kernel log, to the console and to the journal, which each put a
// time, a host or a program's name before it.
export const bareMessage = (text: string): string =>
  text
    .replace(/^.{0,120}? (?:kernel|[\w.@()-]{1,64}\[\d{1,10}\]): /, '')
    .replace(/^\[ {0,8}\d{1,8}\.\d{1,9}\] /, '')
    .replace(/^(?:[\w.@()-]{1,64}\[\d{1,10}\]: |\[[ A-Z]{2,8}\] )/, '')

// Two forms of one message; systemd shortens names in the middle to fit the width of a console.
export const sameMessage = (a: string, b: string): boolean => {
  const [one, two] = [bareMessage(a), bareMessage(b)]
  if (one === two) return true
  const [whole, short] = one.length >= two.length ? [one, two] : [two, one]
  const parts = /^([^…]{8,200})(?:…|\.{3})([^…]{4,200})$/.exec(short)
  return parts?.[1] !== undefined && parts[2] !== undefined && whole.startsWith(parts[1]) && whole.endsWith(parts[2])
}
