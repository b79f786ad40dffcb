# without sudo
alter_root() { rm root/usr/bin/sudo; }
