# prints the panic that a busy host causes, when a disk with the serial number `fault` says so: `always`, or `once`, which it takes back
before_network() {
  for disk in /sys/block/vd*; do
    [ "$(cat "$disk/serial")" = fault ] || continue
    case $(head -c 6 "/dev/${disk##*/}") in
      once*) dd if=/dev/zero of="/dev/${disk##*/}" bs=512 count=1 conv=fsync 2> /dev/null ;;
      always) ;;
      *) continue ;;
    esac
    echo "<0>Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug and send a report." > /dev/kmsg
    while :; do sleep 3600; done
  done
}
