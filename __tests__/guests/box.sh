# Packs a disk as a Vagrant box, as the tools of its provider do.
# usage: box.sh RESULT.box DISK.qcow2 PROVIDER
set -euo pipefail
result=$1 disk=$2 provider=$3

vagrantfile() {
  echo 'Vagrant.configure("2") do |config|'
  cat
  echo end
}

# vagrant-libvirt's tools/create_box.sh leaves holes out.
libvirt() {
  cp "$disk" box.img
  echo '{"format":"qcow2","provider":"libvirt","virtual_size":1}' > metadata.json
  echo '{"author":"image-test"}' > info.json
  printf '  %s\n' 'config.vm.synced_folder ".", "/vagrant", disabled: true' 'config.vm.provider :libvirt do |libvirt|' \
    '  libvirt.driver = "kvm"' '  libvirt.memory = 512' end | vagrantfile > Vagrantfile
  tar -c -S -z --format=gnu --owner=0 --group=0 -f "$result" ./metadata.json ./info.json ./Vagrantfile ./box.img
}

# What `VBoxManage export` and kiwi write, without what nobody reads.
virtualbox() {
  qemu-img convert -f qcow2 -O vmdk -o subformat=streamOptimized "$disk" box.vmdk
  local capacity
  capacity=$(qemu-img info --output=json -f vmdk box.vmdk | sed -n 's/.*"virtual-size": *\([0-9]*\).*/\1/p' | head -n 1)
  echo '{"provider":"virtualbox"}' > metadata.json
  echo '  config.vm.base_mac = "00163E000000"' | vagrantfile > Vagrantfile
  cat > box.ovf << END
<?xml version="1.0"?>
<Envelope ovf:version="1.0" xml:lang="en-US" xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"
  xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData">
  <References>
    <File ovf:href="box.vmdk" ovf:id="file1" ovf:size="$(stat -c %s box.vmdk)"/>
  </References>
  <DiskSection>
    <Info>List of the virtual disks used in the package</Info>
    <Disk ovf:capacity="$capacity" ovf:diskId="vmdisk1" ovf:fileRef="file1"
      ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"/>
  </DiskSection>
  <VirtualSystem ovf:id="box">
    <Info>A virtual machine</Info>
    <VirtualHardwareSection>
      <Info>Virtual hardware requirements</Info>
      <Item>
        <rasd:Address>0</rasd:Address>
        <rasd:ElementName>ideController0</rasd:ElementName>
        <rasd:InstanceID>1</rasd:InstanceID>
        <rasd:ResourceSubType>PIIX4</rasd:ResourceSubType>
        <rasd:ResourceType>5</rasd:ResourceType>
      </Item>
      <Item>
        <rasd:ElementName>disk1</rasd:ElementName>
        <rasd:HostResource>/disk/vmdisk1</rasd:HostResource>
        <rasd:InstanceID>2</rasd:InstanceID>
        <rasd:Parent>1</rasd:Parent>
        <rasd:ResourceType>17</rasd:ResourceType>
      </Item>
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
END
  tar -c -z --format=ustar --owner=0 --group=0 -f "$result" ./metadata.json ./Vagrantfile ./box.ovf ./box.vmdk
}

"$provider"
