# the inode table of the root file system is overwritten: the kernel cannot mount it, and an (initramfs) prompt is all there is
damage() {
  local block
  block=$(dumpe2fs root.ext4 2> /dev/null | sed -n 's/.*Inode table at \([0-9]*\).*/\1/p' | head -n 1)
  tr '\0' '\377' < /dev/zero | dd of="$1" bs=1024 seek="$(((1 + boot_mib) * 1024 + block))" count=4 iflag=fullblock conv=notrunc status=none
}
