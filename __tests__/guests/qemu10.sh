# Unpacks, and does not install, QEMU 10.0 of Debian 12's backports with the libraries and firmware it needs.
# usage: qemu10.sh RESULT.tar
set -euo pipefail
suite=bookworm-backports
# shellcheck disable=SC2016 # $1 is the hook's own
also='sed -n "s/ bookworm main$/ '$suite' main/p" "$1/etc/apt/sources.list" >"$1/etc/apt/sources.list.d/backports.list"'
env -u LD_PRELOAD mmdebstrap --mode=chrootless --format=tar --variant=extract --include="qemu-system-x86/$suite,qemu-utils/$suite,seabios" \
  --setup-hook="$also" --aptopt='APT::Default-Release "'$suite'"' --aptopt='APT::Install-Recommends "false"' bookworm "$1"
