# no file system is labelled root: the initramfs finds nothing to mount and shows its (initramfs) prompt
damage() { dd if=/dev/zero of="$1" bs=1M seek="$((1 + boot_mib))" count=1 conv=notrunc status=none; }
