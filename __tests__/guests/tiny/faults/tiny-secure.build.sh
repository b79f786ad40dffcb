# starts by Debian's signed shim, GRUB and kernel, and by UEFI alone
place_grub() {
  local boot=$2
  mkdir -p "$boot"/EFI/{BOOT,debian}
  cp packages/usr/lib/shim/shimx64.efi.signed "$boot/EFI/BOOT/BOOTX64.EFI"
  cp packages/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed "$boot/EFI/BOOT/grubx64.efi"
  mv "$boot/grub/grub.cfg" "$boot/EFI/debian/" # where that GRUB looks
}
