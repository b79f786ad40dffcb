# the root file system, /tmp included, has no byte left when sshd starts
before_sshd() {
  fallocate -l "$(df -P -k / | awk 'NR == 2 { print $4 }')k" /var/full
  while dd if=/dev/zero bs=1k count=1 2> /dev/null >> /var/fuller; do :; done
}
