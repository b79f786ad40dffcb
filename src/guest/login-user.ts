// The default user that cloud-init makes on each distribution (cloud-init's config/cloud.cfg.tmpl, and the images' own overrides).
const users: readonly (readonly [RegExp, string])[] = [
  [/\btiny\b/i, 'tiny'],
  [/vagrant/i, 'vagrant'],
  [/core-?os|\bfcos\b/i, 'core'],
  [/fedora/i, 'fedora'],
  [/cent-?os|red ?hat|\brhel\b/i, 'cloud-user'],
  [/alma-?linux/i, 'almalinux'],
  [/rocky/i, 'rocky'],
  [/ubuntu|(noble|jammy|focal|resolute)-server-cloudimg/i, 'ubuntu'],
  [/debian/i, 'debian'],
  [/open-?suse|\bleap\b/i, 'opensuse'],
  [/\barch\b|arch-?linux/i, 'arch'],
  [/amazon|al2023/i, 'ec2-user'],
]

// Who logs in by default on an image with this file name, or on a system that greets with this line of its console.
export const usualUser = (text: string): string | undefined => users.find(([pattern]) => pattern.test(text))?.[1]
