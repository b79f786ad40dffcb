# Makes a disk of an installed Debian, or of a variation of it.
# usage: build.sh RESULT.qcow2 TREE.tar [VARIATION]; needs root or fakeroot for the owners of files
set -euo pipefail
recipe=$(dirname "$(realpath "$0")")
result=$1 tree=$2 variation=$recipe/variations/${3:-none}.sh
source "$recipe/../disk.sh"

# What an image ships must not be one machine's: ids, host keys and logs are made at the first boot.
unpack() {
  mkdir root
  tar -x -C root -f "$1"
  cp -a --no-preserve=ownership "$recipe/root/." root/
  : > root/etc/machine-id
  rm -f root/etc/ssh/ssh_host_* root/var/log/{bootstrap,dpkg,alternatives}.log root/etc/resolv.conf
  ln -s ../run/systemd/resolve/stub-resolv.conf root/etc/resolv.conf
  mkdir -p root/var/log/journal # systemd keeps the journal on disk when this is there
  touch root/{etc,var}/.updated # newer than /usr: nothing is to be brought up to date at the first boot
  mkdir -p root/boot/efi
  echo debian > root/etc/hostname
}

alter_root() { :; }

grub_menu() {
  cat << 'END'
serial --unit=0 --speed=115200
terminal_output console serial
set timeout=0
if [ "$grub_platform" = pc ]; then set bits=16; fi
search --no-floppy --label --set=root root
menuentry 'Debian GNU/Linux' {
  linux$bits /vmlinuz root=LABEL=root ro console=tty0 console=ttyS0,115200n8
  initrd$bits /initrd.img
}
END
}

if [ -e "$variation" ]; then source "$variation"; fi
unpack "$tree"
alter_root
mkdir -p boot/grub
grub_menu > boot/grub/grub.cfg
make_disk "$result" root boot root/usr/lib/grub 2000
