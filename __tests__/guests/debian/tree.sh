# Installs a Debian with what its cloud images have: systemd, cloud-init, OpenSSH, netplan over systemd-networkd.
# usage: tree.sh RESULT.tar SUITE
set -euo pipefail
result=$1 suite=$2

packages=(
  systemd-sysv dbus libpam-systemd systemd-resolved systemd-timesyncd udev kmod
  linux-image-cloud-amd64 grub-pc-bin grub-efi-amd64-bin e2fsprogs fdisk cloud-guest-utils
  cloud-init netplan.io iproute2 libnss-myhostname openssh-server sudo qemu-guest-agent python3 ca-certificates less procps
)
documentation=(--dpkgopt=path-exclude=/usr/share/{man,doc,locale}/'*' --dpkgopt=path-include=/usr/share/doc/'*'/copyright)

# fakeroot is not for mmdebstrap.
env -u LD_PRELOAD mmdebstrap --format=tar --variant=minbase --include="$(IFS=, && echo "${packages[*]}")" "${documentation[@]}" \
  --aptopt='APT::Install-Recommends "false"' "$suite" "$result"
