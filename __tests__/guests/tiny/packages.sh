# Unpacks, and does not install, the Debian packages that tiny is made of.
# usage: packages.sh RESULT.tar
set -euo pipefail
packages=linux-image-cloud-amd64,busybox-static,dropbear-bin,bash,e2fsprogs,grub-pc-bin,grub-efi-amd64-bin
# Nothing of them is run, so no chroot is needed; fakeroot is not for mmdebstrap.
env -u LD_PRELOAD mmdebstrap --mode=chrootless --format=tar --variant=extract --include="$packages" bookworm "$1"
