#!/bin/bash
# Builds the guest `tiny` or one of its variations, from unpacked Debian packages.
# usage: build.sh IMAGE.qcow2 PACKAGES.tar [FAULT]; works in the current folder; needs root or fakeroot for the owners of files
set -euo pipefail

recipe=$(dirname "$(realpath "$0")")
image=$1 packages=$2 fault=$recipe/faults/${3:-none}
source "$recipe/../disk.sh"

# What the initramfs needs to reach the root file system, and what is loaded from there; the kernel asks for more by itself.
boot_modules='virtio_pci virtio_blk virtio_scsi sd_mod'
late_modules='virtio_net virtio-rng virtio_console sr_mod pvpanic-pci button evdev'
file_systems='isofs vfat nls_cp437 nls_ascii nls_utf8 nls_iso8859-1'

unpack() {
  mkdir -p packages/usr/{bin,sbin,lib,lib64}
  for name in bin sbin lib lib64; do ln -s "usr/$name" "packages/$name"; done
  tar -x --keep-directory-symlink -C packages -f "$1"
  kernel=$(basename packages/usr/lib/modules/*)
  multiarch=$(basename packages/usr/lib/*-linux-gnu)
  case $multiarch in
    aarch64-*) serial=ttyAMA0 late_modules=${late_modules/pvpanic-pci/} ;; # Debian builds it for x86 only
    *) serial=ttyS0 ;;
  esac
  consoles="console=tty0 console=$serial,115200n8"
  depmod -b packages "$kernel"
}

# copy_modules TREE NAME…: copies modules and what they depend on.
copy_modules() {
  local tree=$1 name file
  mkdir -p "$tree/usr/lib/modules/$kernel"
  for name in "${@:2}"; do modprobe -d packages -S "$kernel" --show-depends "$name"; done |
    awk '$1 == "insmod" { print $2 }' | sort -u | while read -r file; do
      name=$tree/usr/lib/modules/$kernel/$(basename "$file" .xz)
      case $file in *.xz) xz -dc "$file" > "$name" ;; *) cp "$file" "$name" ;; esac
    done
  touch "$tree/usr/lib/modules/$kernel/modules."{order,builtin}
  depmod -b "$tree" "$kernel"
}

make_initramfs() {
  mkdir -p initramfs/{bin,dev,proc,sys,run,root,usr/lib}
  ln -s bin initramfs/sbin # the kernel looks for /sbin/modprobe
  ln -s usr/lib initramfs/lib
  cp packages/bin/busybox initramfs/bin/
  ln -s busybox initramfs/bin/sh
  sed "s/@modules@/$boot_modules/" "$recipe/init" > initramfs/init
  chmod 755 initramfs/init
  copy_modules initramfs $boot_modules
  (cd initramfs && find . | sort | cpio --quiet -o -H newc) | lz4 -l -9 -q > initrd
}

make_root() {
  mkdir -p root/{dev,proc,sys,run,tmp,mnt,home/tiny,root,etc/dropbear,var/log,var/lib,usr/bin,usr/sbin,usr/lib,usr/lib64}
  for name in bin sbin lib lib64; do ln -s "usr/$name" "root/$name"; done
  ln -s /run root/var/run
  cp -a packages/usr/lib/"$multiarch" root/usr/lib/
  rm -rf root/usr/lib/"$multiarch"/{gconv,perl*,systemd,security}
  cp -a packages/usr/lib64/. root/usr/lib64/
  cp -a packages/usr/lib/ld-linux* root/usr/lib/ 2> /dev/null || true # where some architectures have it
  cp packages/usr/bin/{busybox,bash,dropbearkey,dropbearconvert} root/usr/bin/
  cp packages/usr/sbin/{dropbear,resize2fs,e2fsck} root/usr/sbin/
  ln -s e2fsck root/usr/sbin/fsck.ext4
  list_applets | while read -r applet; do
    case $applet in */*) ;; *) applet=usr/bin/$applet ;; esac
    [ -e "root/$applet" ] || ln -s /bin/busybox "root/$applet"
  done
  add_sudo
  cp -a --no-preserve=ownership "$recipe/root/." root/
  chmod 600 root/etc/shadow
  chmod 700 root/root
  chmod 1777 root/tmp
  chown 1000:1000 root/home/tiny
  copy_modules root $late_modules $file_systems
  sed -i "s/@modules@/$late_modules/" root/etc/rc
  sed -i "s/ttyS0/$serial/g" root/etc/inittab
}

is_native() { [ "$multiarch" = "$(gcc -print-multiarch)" ]; }

# A busybox for another processor cannot be asked; the host's has the same.
list_applets() {
  if is_native; then packages/usr/bin/busybox --list-full; else busybox --list-full; fi
}

# A guest for another processor has none.
add_sudo() {
  is_native || return 0
  gcc -Os -o root/usr/bin/sudo "$recipe/sudo.c"
  chmod 4755 root/usr/bin/sudo
}

make_boot() {
  mkdir -p boot/grub
  cp packages/boot/vmlinuz-* boot/vmlinuz
  cp initrd boot/initrd
  cat > boot/grub/grub.cfg << END
if [ "\$grub_cpu" != arm64 ]; then # there the firmware's console is the serial port already
  serial --unit=0 --speed=115200
  terminal_output console serial
fi
set timeout=0
# The 16-bit protocol spares the BIOS a copy of 50 MB byte by byte: two seconds under software emulation.
if [ "\$grub_platform" = pc ]; then set bits=16; fi
menuentry 'Tiny Linux' {
$(boot_commands)
}
END
}

boot_commands() {
  echo "  linux\$bits /vmlinuz root=LABEL=root $consoles"
  echo "  initrd\$bits /initrd"
}

alter_root() { :; }

# A fault is up to two fragments that redefine functions: of this script and of disk.sh, and of the guest's /etc/rc.
if [ -e "$fault.build.sh" ]; then source "$fault.build.sh"; fi
unpack "$packages"
make_initramfs
make_root
alter_root
if [ -e "$fault.rc.sh" ]; then cp "$fault.rc.sh" root/etc/fault; fi
make_boot
make_disk "$image" root boot packages/usr/lib/grub 256
