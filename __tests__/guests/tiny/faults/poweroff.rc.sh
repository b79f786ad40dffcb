# powers itself off before sshd starts
before_sshd() {
  poweroff
  exit
}
