# has one unit that fails: systemd ends up degraded
alter_root() {
  printf '%s\n' '[Unit]' 'Description=A service that fails' '[Service]' 'Type=oneshot' 'ExecStart=/bin/false' \
    > root/etc/systemd/system/broken.service
  mkdir -p root/etc/systemd/system/multi-user.target.wants
  ln -s ../broken.service root/etc/systemd/system/multi-user.target.wants/
}
