# As much of Ignition as the tests need: files and keys, of a config that ours merges too.
# https://coreos.github.io/ignition/supported-platforms/
apply_seed() {
  config=/sys/firmware/qemu_fw_cfg/by_name/opt/com.coreos/config/raw
  if [ -r "$config" ]; then
    apply_config "$config"
    say 'Ignition config applied'
  fi
  hostname "$(cat /etc/hostname)"
}

apply_config() {
  merged=$(sed -n 's/.*"merge":\[{"source":"data:;base64,\([^"]*\)".*/\1/p' "$1")
  tr '{' '\n' < "$1" | awk -F '"' '
    /^"path":/ { path = $4 }
    /^"source":/ && path { sub(/^data:;base64,/, "", $4); print path, $4; path = "" }' |
    while read -r path content; do
      mkdir -p "$(dirname "$path")"
      echo "$content" | base64 -d > "$path"
      chmod 600 "$path"
    done
  chmod 644 /etc/hostname
  key=$(sed -n 's/.*"sshAuthorizedKeys":\["\([^]]*\)"\].*/\1/p' "$1" | sed 's/","/\n/g')
  if [ -n "$key" ]; then
    mkdir -p /home/tiny/.ssh
    echo "$key" >> /home/tiny/.ssh/authorized_keys
    chmod 700 /home/tiny/.ssh
    chmod 600 /home/tiny/.ssh/authorized_keys
    chown -R core /home/tiny/.ssh
  fi
  if [ -s /etc/ssh/ssh_host_ed25519_key ]; then
    dropbearconvert openssh dropbear /etc/ssh/ssh_host_ed25519_key /etc/dropbear/host_key > /dev/null 2>&1
  fi
  if [ -n "$merged" ]; then
    echo "$merged" | base64 -d > /run/merged
    apply_config /run/merged
  fi
}
