# A blank disk. usage: blank.sh RESULT.qcow2
exec qemu-img create -q -f qcow2 "$1" 64M
