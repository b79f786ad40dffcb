export type FirmwareKind = 'bios' | 'uefi' | 'uefi-secure'
