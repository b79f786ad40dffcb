import { guestSystems } from '../images/distributions/table'

// Who logs in by default on an image with this file name, or on a system that greets with this line of its console.
export const usualUser = (text: string): string | undefined => guestSystems.find(({ called }) => called.test(text))?.user

// Whether a line of the console is one with which a system greets: systemd's, agetty's, NixOS's, FreeBSD's.
export const isGreeting = (line: string): boolean =>
  /^(?:<<< )?Welcome to |login:\s*$| (?:\/dev\/)?tty[SA]\w+\s*$|^FreeBSD\/.*\(ttyu\d\)\s*$/.test(line)
