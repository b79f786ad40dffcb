# has a driver for disks of the IDE of old and none for those of virtio
boot_modules='virtio_pci ata_piix sd_mod' # the network card needs the first
