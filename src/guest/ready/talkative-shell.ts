import type { Reported } from '../../diagnosis'
import type { Facts } from '../facts'

// A start file of the login user's shell (.bashrc, .zshenv) that prints also where nobody logs in at a terminal: it breaks scp, rsync and
// sftp. What it prints is kept out of the outputs of tests.
export const talkativeShell = ({ chatter }: Pick<Facts, 'chatter'>): Reported | undefined => {
  const [first] = chatter
  if (first === undefined) return undefined
  return {
    rule: 'login-shell-prints',
    severity: 'warn',
    summary: `the login shell prints before it runs a command: ${first}`,
    hint: 'Let .bashrc and its like print to a terminal only ([ -t 1 ]): scp, rsync and sftp fail over it.',
    block: chatter.slice(0, 20).join('\n'),
  }
}
