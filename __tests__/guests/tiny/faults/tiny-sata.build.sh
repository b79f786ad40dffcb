# has a driver for SATA disks and none for those of virtio
boot_modules='virtio_pci ahci sd_mod ext4 crc32c_generic' # the network card needs the first; the kernel for clouds has ext4 built in
