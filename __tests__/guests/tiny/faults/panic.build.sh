# its kernel panics: without an initramfs it has no driver for the disk that holds its root
boot_commands() { echo "  linux\$bits /vmlinuz root=/dev/vda2 panic=0 $consoles"; }
