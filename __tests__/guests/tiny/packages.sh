# Unpacks, and does not install, the Debian packages that tiny is made of.
# usage: packages.sh RESULT.tar ARCHITECTURE
set -euo pipefail
result=$1 architecture=$2
case $architecture in
  arm64) boot=linux-image-cloud-arm64,grub-efi-arm64-bin ;;
  *) boot=linux-image-cloud-amd64,grub-pc-bin,grub-efi-amd64-bin ;;
esac
# Nothing of them is run, so no chroot is needed, and any architecture will do; fakeroot is not for mmdebstrap.
env -u LD_PRELOAD mmdebstrap --mode=chrootless --architectures="$architecture" --format=tar --variant=extract \
  --include="$boot,busybox-static,dropbear-bin,bash,e2fsprogs" bookworm "$result"
