// What the program of a unit said before the unit failed: the reason stands there, not in systemd's words.
const sender = /(?:^|\] |\s)([\w.@-]{3,40})\[\d{1,10}\]: (.{1,400})/
const unitName = /([\w@.:\\-]{1,120}\.(?:service|mount|swap))\b/
const trouble =
  /^No DHCPOFFERS|timed out|fail|error|invalid|critical|fatal|corrupt|denied|refus|could ?n.t|can.?not|can't|unable|not (?:found|valid|supported|a |enough)|no (?:valid|such)|missing|No DHCPOFFERS|unsupported|wrong|bad /i

const network = /^(?:dhclient|dhcpcd|ifup|udhcpc|wickedd|NetworkManager|systemd-networkd)/

export interface Voice {
  readonly from: string // the first line that tells of trouble
  readonly says: string // the last
}

// The line of `before` that says it best: the last of its program's that tells of trouble.
export const voiceOf = (first: string, rest: readonly string[], before: readonly string[]): Voice | undefined => {
  const unit = unitName.exec(first)?.[1] ?? unitName.exec(rest.find((line) => line.startsWith('See ')) ?? '')?.[1]
  if (unit === undefined) return undefined
  const lines = before.filter((line) => {
    const [, program, words] = sender.exec(line) ?? []
    return (
      program !== undefined &&
      words !== undefined &&
      (belongsTo(program, unit) || ofStep(program, words, unit)) &&
      !words.includes('dmesg(1)') &&
      trouble.test(words)
    )
  })
  const [from] = lines
  const says = lines.at(-1)
  return from === undefined || says === undefined ? undefined : { from, says }
}

// Systemd speaks for a program that it could not start.
const ofStep = (program: string, words: string, unit: string): boolean =>
  program === 'systemd' && words.startsWith(`${unit}: `) && words.includes('Failed at step')

const belongsTo = (program: string, unit: string): boolean => {
  if (program === 'systemd') return false
  const stem = unit.replace(/@?[^@]*$/, '') || unit.replace(/\.\w+$/, '')
  const name = unit.includes('@') ? stem : unit.replace(/\.\w+$/, '')
  return (
    name.startsWith(program) ||
    program.startsWith(name) ||
    (unit.endsWith('.mount') && program === 'mount') ||
    (/network/i.test(unit) && network.test(program))
  )
}
