# as the disk of a Vagrant box: no cloud-init, and a user vagrant who trusts the well-known RSA key only
source "$recipe/../vagrant-key.sh"

alter_root() {
  sed 's,^,root,' root/var/lib/dpkg/info/cloud-init.list | while read -r file; do
    if [ -f "$file" ] || { [ -L "$file" ] && [ ! -d "$file" ]; }; then rm "$file"; fi # /lib is a link that others need
  done
  rm -rf root/etc/cloud root/etc/systemd/system/{cloud-init.target.wants,*/cloud-*}
  echo 'vagrant:x:1000:1000::/home/vagrant:/bin/bash' >> root/etc/passwd
  echo 'vagrant:!:19000:0:99999:7:::' >> root/etc/shadow
  echo 'vagrant:x:1000:' >> root/etc/group
  mkdir root/home/vagrant
  trust_vagrant root/home/vagrant
  chown -R 1000:1000 root/home/vagrant
  echo 'vagrant ALL=(ALL) NOPASSWD: ALL' > root/etc/sudoers.d/vagrant
  chmod 440 root/etc/sudoers.d/vagrant
  mkdir -p root/etc/systemd/system/ssh.service.d root/etc/systemd/system/multi-user.target.wants
  printf '%s\n' '[Service]' 'ExecStartPre=' 'ExecStartPre=/usr/bin/ssh-keygen -A' 'ExecStartPre=/usr/sbin/sshd -t' \
    > root/etc/systemd/system/ssh.service.d/keys.conf
  printf '%s\n' '[Match]' 'Name=en*' '[Network]' 'DHCP=yes' > root/etc/systemd/network/10-dhcp.network
  ln -sf /lib/systemd/system/systemd-networkd.service root/etc/systemd/system/multi-user.target.wants/
}
