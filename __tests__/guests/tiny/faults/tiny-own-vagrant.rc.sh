apply_seed() {
  hostname vagrant
  rm -f /etc/dropbear/host_key
}
