import { printable } from '../../lib/shown'
import { damagedHint, type Refuse } from './refuse'

const pack = 'Pack the archive anew, with plain relative names.'

// The name of a member without a leading './' and a trailing '/'; '' for the archive's own folder. Refuses what could lead out of a folder,
// or what another program would read otherwise (Vagrant takes a backslash for a slash).
export const memberName = (written: string, refuse: Refuse): string => {
  const shown = printable(written)
  if (written === '') throw refuse('has a member without a name', damagedHint)
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(written)) throw refuse(`has a member with control characters in its name ("${shown}")`, pack)
  if (written.startsWith('/')) throw refuse(`has a member with an absolute name ("${shown}")`, pack)
  if (written.includes('\\')) throw refuse(`has a member with a backslash in its name ("${shown}")`, pack)
  const parts = written.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw refuse(`has a member whose name leads out of its folder ("${shown}")`, pack)
  if (written.length > 1000) throw refuse(`has a member with a name of ${written.length} characters`, pack)
  return parts.join('/')
}
