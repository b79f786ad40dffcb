# as the disk of a Vagrant box: user vagrant, with a password and a key of its own, and another host key at each boot
alter_root() {
  rm root/usr/lib/seed
  sed -i 's/tiny/vagrant/g' root/etc/{passwd,group,shadow}
  sed -i 's|^vagrant:!:|vagrant:$6$imagetest$FtE2BNM5b4f1Kn1dmg4R3AcsQ0TBKRrhuiuc.6l5bxm/titRv4uO4anJasjlS3OkpMx8FeYEK/Wa6rYK4rqP/0:|' root/etc/shadow # vagrant
  touch root/etc/dropbear/password-login
  mv root/home/tiny root/home/vagrant
  mkdir root/home/vagrant/.ssh
  echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlq+GAwkpl9eMK65tZBq6NjwzX/iTsYKs6EA8PYMrYR' > root/home/vagrant/.ssh/authorized_keys
  chmod -R go= root/home/vagrant/.ssh
  chown -R 1000:1000 root/home/vagrant
}
