# hangs after init has started, before the network
before_network() {
  say 'waiting for a device that never comes'
  while :; do sleep 3600; done
}
