// Who logs in by default on which system: the user that cloud-init makes (its config/cloud.cfg.tmpl), or the one that the images have of their
// own. The order matters: a name may hold those of two systems. core is who Ignition makes.
const users: readonly (readonly [RegExp, string])[] = [
  [/vagrant/i, 'vagrant'],
  [/core-?os|(?<![a-z])(?:f|rh|s)cos(?![a-z])|flatcar/i, 'core'],
  [/alpine/i, 'alpine'], // some of its images are called tiny
  [/\btiny\b/i, 'tiny'],
  [/fedora/i, 'fedora'],
  [/cent-?os(?: linux)?[- ][5-8](?!\d)|cent-?os[- ]stream(?:-genericcloud)?(?:-x86_64|-aarch64)?[- ]8(?!\d)/i, 'centos'],
  [/cent-?os|red ?hat|\brhel\b|oracle|(?<![a-z])ol\d+u\d+/i, 'cloud-user'],
  [/alma-?linux/i, 'almalinux'],
  [/rocky/i, 'rocky'],
  [/ubuntu|-(?:server|minimal)-cloudimg/i, 'ubuntu'], // noble, plucky and whatever comes
  [/\bkali\b/i, 'kali'],
  [/debian/i, 'debian'],
  [/open-?suse|\bleap\b|tumbleweed/i, 'opensuse'],
  [/(?<![a-z])sles(?![a-z])|suse linux enterprise/i, 'sles'],
  [/open-?euler/i, 'openeuler'],
  [/gentoo|^di-(?:amd64|arm64)-/i, 'gentoo'],
  [/cirros/i, 'cirros'],
  [/nixos/i, 'root'],
  [/free-?bsd/i, 'freebsd'],
  [/\barch\b|arch-?linux/i, 'arch'],
  [/amazon|(?<![a-z])al202\d|amzn/i, 'ec2-user'],
  [/azure-?linux|\bmariner\b/i, 'azureuser'],
]

// Who logs in by default on an image with this file name, or on a system that greets with this line of its console.
export const usualUser = (text: string): string | undefined => users.find(([pattern]) => pattern.test(text))?.[1]

// Whether a line of the console is one with which a system greets: systemd's, agetty's, NixOS's, FreeBSD's.
export const isGreeting = (line: string): boolean =>
  /^(?:<<< )?Welcome to |login:\s*$| (?:\/dev\/)?tty[SA]\w+\s*$|^FreeBSD\/.*\(ttyu\d\)\s*$/.test(line)
