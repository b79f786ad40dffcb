# Sourced by the recipes of disks for Vagrant boxes.

# The public half of the well-known RSA key of https://github.com/hashicorp/vagrant/tree/main/keys, which is no secret.
insecure_key='ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEA6NF8iallvQVp22WDkTkyrtvp9eWW6A8YVr+kz4TjGYe7gHzIw+niNltGEFHzD8+v1I2YJ6oXevct1YeS0o9HZyN1Q9qgCgzUFtdOKLv6IedplqoPkcmF0aYet2PkEDo3MlTBckFXPITAMzF8dJSIFo9D8HfdOV0IAdx4O7PtixWKn5y2hMNG0zQPyUecp4pzC6kivAIhyfHilFR61RGL+GPXQ2MWZWFYbAGjyiYJnAmCP3NOTd0jMZEnDkbUvxhMmBYSdETk1rRgm+R4LOzFUGaHqHDLKLX+FIPKcF96hrucXzcWyLbIbEgE98OHlnVYCzRdK8jlqm8tehUc9c9WhQ== vagrant insecure public key'

# trust_vagrant HOME
trust_vagrant() {
  mkdir -p "$1/.ssh"
  echo "$insecure_key" > "$1/.ssh/authorized_keys"
  chmod 700 "$1/.ssh"
  chmod 600 "$1/.ssh/authorized_keys"
}
