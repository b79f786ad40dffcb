# reboots itself during its first boot, before sshd, then comes up
before_sshd() {
  [ ! -e /var/lib/has-rebooted ] || return 0
  touch /var/lib/has-rebooted
  sync
  reboot
  exit
}
