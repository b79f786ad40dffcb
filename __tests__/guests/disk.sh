# Makes a partitioned disk that boots by BIOS and by UEFI, without loop devices, mounts or root. Sourced by the guests' recipes.
#
#   sector 0        MBR: the first 446 bytes of GRUB's boot.img, then the partition table
#   sector 1…2047   GRUB's core.img, where boot.img looks for it
#                   (a guest for arm64 has neither: there is no BIOS)
#   1 MiB           partition 1, FAT, label BOOT: EFI loader and GRUB's menu, and what else the recipe puts there
#   after that      partition 2, ext4, label root, last so that it can grow with the disk

boot_mib=40

# make_disk IMAGE ROOT_TREE BOOT_TREE GRUB_MODULES ROOT_MIB: IMAGE is qcow2. A guest whose disk is broken redefines damage.
make_disk() {
  local image=$1 root=$2 boot=$3 grub=$4 root_mib=$5 raw=disk.raw
  truncate -s "$((1 + boot_mib + root_mib))M" "$raw"
  printf 'label: dos\nstart=1MiB, size=%sMiB, type=ef, bootable\ntype=83\n' "$boot_mib" | sfdisk --quiet "$raw"
  place_grub "$raw" "$boot" "$grub"
  make_boot_partition "$boot"
  make_root_partition "$root" "$root_mib"
  dd if=boot.fat of="$raw" bs=1M seek=1 conv=notrunc,sparse status=none
  dd if=root.ext4 of="$raw" bs=1M seek="$((1 + boot_mib))" conv=notrunc,sparse status=none
  damage "$raw"
  qemu-img convert -f raw -O qcow2 "$raw" "$image"
}

damage() { :; }

place_grub() {
  local raw=$1 boot=$2 grub=$3
  local modules='part_msdos fat ext2 search search_label configfile normal linux serial terminal echo test'
  printf '%s\n' 'search --no-floppy --label --set=root BOOT' 'set prefix=($root)/grub' normal > early.cfg
  mkdir -p "$boot/EFI/BOOT"
  if [ -e "$grub/arm64-efi" ]; then
    grub-mkimage -O arm64-efi -d "$grub/arm64-efi" -p /grub -c early.cfg -o "$boot/EFI/BOOT/BOOTAA64.EFI" $modules
    return
  fi
  grub-mkimage -O i386-pc -d "$grub/i386-pc" -p /grub -c early.cfg -o core.img biosdisk linux16 $modules
  dd if="$grub/i386-pc/boot.img" of="$raw" bs=446 count=1 conv=notrunc status=none
  dd if=core.img of="$raw" bs=512 seek=1 conv=notrunc status=none
  grub-mkimage -O x86_64-efi -d "$grub/x86_64-efi" -p /grub -c early.cfg -o "$boot/EFI/BOOT/BOOTX64.EFI" efi_gop $modules
}

make_boot_partition() {
  truncate -s "${boot_mib}M" boot.fat
  mformat -i boot.fat -v BOOT -c 16 :: # large clusters: GRUB asks the BIOS for them one by one
  mcopy -i boot.fat -s "$1"/* ::
}

# The features are spelled out because GRUB 2.06 cannot read what newer versions of mke2fs turn on by default.
make_root_partition() {
  local features=none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum
  rm -f root.ext4
  mke2fs -q -t ext4 -b 4096 -O "$features" -L root -m 0 -E lazy_itable_init=0 -d "$1" root.ext4 "${2}M"
}
