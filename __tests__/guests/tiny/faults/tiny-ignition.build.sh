# takes an Ignition config from the firmware, as CoreOS does, with the user core, and no NoCloud seed
late_modules="$late_modules qemu_fw_cfg"
alter_root() { sed -i 's/^tiny:/core:/; s/^\(sudo:.*:\)tiny/\1core/' root/etc/passwd root/etc/shadow root/etc/group; }
