# the inode table of the root file system is overwritten: the kernel cannot mount it, and an (initramfs) prompt is all there is
damage() {
  local table
  table=$(dumpe2fs root.ext4 2> /dev/null | awk '/Inode table at/ && !found { found = $4 + 0 } END { print found }')
  dd if=boot/vmlinuz of="$1" bs=4096 seek="$(((1 + boot_mib) * 256 + table))" count=1 conv=notrunc status=none
}
