// What may be in a box. Everything else is refused: nobody knows what would read it one day.
export type Role =
  | 'text' // read, and kept in memory
  | 'disk' // goes to a file, under a name of ours
  | 'passed over' // other programs need it
  | 'unknown' // a disk if metadata.json says so or it begins like one

const roles: readonly (readonly [Role, RegExp])[] = [
  ['text', /^(metadata\.json|info\.json|Vagrantfile|vagrant_private_key|[^/]+\.ovf)$/],
  ['disk', /\.(img|qcow2|vmdk)$/i],
  // What `vagrant package --include` and Packer add, OVF's manifest and certificate, firmware variables, what people tell each other.
  ['passed over', /^(include\/.*|[^/]+\.(mf|cert|nvram|fd|vars|pub|md|txt)|(README|LICEN[CS]E|NOTICE|COPYING|CHANGELOG)[^/]*)$/i],
]

export const roleOf = (name: string): Role => roles.find(([, pattern]) => pattern.test(name))?.[0] ?? 'unknown'
