# says to the console what would be commands to a runner, control characters, and a line of a megabyte
before_network() {
  echo '::error::pwned'
  echo '::add-mask::e'
  echo '::stop-commands::x'
  echo '##[error]pwned'
  echo '::endgroup::'
  printf 'one\r::error::pwned after a carriage return\n'
  printf '\033[2J\033[1;1H\033]0;pwned\007\033[31mred\033[8mhidden\n'
  printf 'nul \000\000 invalid utf-8 \377\376\303( \200\n'
  head -c 1000000 /dev/zero | tr '\0' A
  echo
}
