# Unpacks, and does not install, the Debian packages that tiny is made of.
# usage: packages.sh RESULT.tar
set -euo pipefail
packages=linux-image-cloud-amd64,busybox-static,dropbear-bin,bash,e2fsprogs,grub-pc-bin,grub-efi-amd64-bin
env -u LD_PRELOAD mmdebstrap --format=tar --variant=extract --include="$packages" bookworm "$1" # fakeroot is not for mmdebstrap
