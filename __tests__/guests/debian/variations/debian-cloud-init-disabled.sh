# cloud-init is disabled: root logs in with a password that the image has (image-test), at host keys that it has
alter_root() {
  touch root/etc/cloud/cloud-init.disabled
  ssh-keygen -q -A -f root
  sed -i "s|^root:[^:]*|root:$(openssl passwd -6 -salt imagetest image-test)|" root/etc/shadow
  echo 'PermitRootLogin yes' > root/etc/ssh/sshd_config.d/root.conf
  printf '%s\n' '[Match]' 'Name=en*' '[Network]' 'DHCP=yes' > root/etc/systemd/network/10-dhcp.network
  mkdir -p root/etc/systemd/system/multi-user.target.wants
  ln -sf /lib/systemd/system/systemd-networkd.service root/etc/systemd/system/multi-user.target.wants/
}
