# without bash
alter_root() {
  rm root/usr/bin/bash
  sed -i 's,/bin/bash,/bin/sh,' root/etc/passwd root/etc/shells
}
