import type { SeedFile } from './seed'

// A credential for systemd 252 and later, as an OEM string of SMBIOS: systemd-tmpfiles makes it root's authorized_keys.
// https://systemd.io/CREDENTIALS, tmpfiles.d/provision.conf
export const credentialSeed = (authorizedKeys: readonly string[]): readonly SeedFile[] => [
  {
    path: 'io.systemd.credential.binary:ssh.authorized_keys.root',
    content: new TextEncoder().encode(Buffer.from(`${authorizedKeys.join('\n')}\n`).toString('base64')),
  },
]
