# Unpacks, and does not install, the Debian packages that tiny is made of.
# usage: packages.sh RESULT.tar ARCHITECTURE [KERNEL-PACKAGE]
set -euo pipefail
result=$1 architecture=$2 kernel=${3:-linux-image-cloud-$2}
case $architecture in
  arm64) loader=grub-efi-arm64-bin ;;
  *) loader=grub-pc-bin,grub-efi-amd64-bin ;;
esac
# Nothing of them is run, so no chroot is needed, and any architecture will do; fakeroot is not for mmdebstrap.
env -u LD_PRELOAD mmdebstrap --mode=chrootless --architectures="$architecture" --format=tar --variant=extract \
  --include="$kernel,$loader,busybox-static,dropbear-bin,bash,e2fsprogs" bookworm "$result"
