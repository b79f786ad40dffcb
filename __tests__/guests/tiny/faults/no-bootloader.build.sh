# with an empty boot sector and nothing for UEFI to start
damage() {
  dd if=/dev/zero of="$1" bs=446 count=1 conv=notrunc status=none
  mdeltree -i "$1@@1M" ::EFI
}
