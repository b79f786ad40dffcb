# without boot code for a BIOS: it starts by UEFI alone
damage() { dd if=/dev/zero of="$1" bs=440 count=1 conv=notrunc status=none; }
