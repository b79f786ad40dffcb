# as the disk of a Vagrant box: user vagrant, who trusts the well-known RSA key only, and nothing that reads a seed
source "$recipe/../vagrant-key.sh"
boot_modules+=' ata_piix' # of VirtualBox

alter_root() {
  rm root/usr/lib/seed
  sed -i 's/tiny/vagrant/g' root/etc/{passwd,group,shadow}
  mv root/home/tiny root/home/vagrant
  trust_vagrant root/home/vagrant
  chown -R 1000:1000 root/home/vagrant
}
