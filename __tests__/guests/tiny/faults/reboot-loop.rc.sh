# reboots itself whenever init has started
before_network() {
  reboot
  exit
}
