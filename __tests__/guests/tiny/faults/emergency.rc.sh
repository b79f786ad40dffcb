# ends in an emergency shell on the console, as systemd does it; no network
before_network() {
  echo '[FAILED] Failed to mount data.mount - /data.'
  echo '[DEPEND] Dependency failed for local-fs.target - Local File Systems.'
  echo 'You are in emergency mode. After logging in, type "journalctl -xb" to view'
  echo 'system logs, "systemctl reboot" to reboot, "systemctl default" or "exit"'
  echo 'to boot into default mode.'
  echo 'Press Enter for maintenance'
  printf '(or press Control-D to continue): '
  read -r _ < /dev/console
  exec setsid -c sh -i < /dev/console
}
