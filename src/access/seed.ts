// Every byte put into the guest, and the way that it takes.
export interface Seed {
  readonly by: 'volume' | 'fw_cfg' | 'smbios' // a NoCloud volume; names under opt/ of QEMU's firmware configuration; OEM strings (type 11)
  readonly files: readonly SeedFile[]
}

export interface SeedFile {
  readonly path: string
  readonly content: Uint8Array
}
