// What publishers serve of their images in autumn 2026, in its real shape, on a server of the test's own. A digest is the one of the file's name.
import { createHash } from 'node:crypto'
import type { Key } from '../../../../src/images/trust/signatures/keys'
import type { TestServer } from '../../../support/server'
import type { Signer } from '../../../support/signer'
import { apacheListing, jsonListing, nginxListing } from './listings'

export interface Publishers {
  readonly env: Readonly<Record<string, string>>
  readonly keys: readonly Key[]
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
export const sha512 = (text: string): string => createHash('sha512').update(text).digest('hex')
const bsd = (names: readonly string[]): string =>
  names.map((name) => `# ${name}: 583729152 bytes\nSHA256 (${name}) = ${sha256(name)}\n`).join('')
const gnu = (names: readonly string[], mark = ' '): string => names.map((name) => `${sha256(name)} ${mark}${name}\n`).join('')

export const publish = (server: TestServer, signer: Signer): Publishers => {
  const key = (distribution: string, release?: string): Key => ({
    ...signer.key(`${distribution} ${release ?? 'images'}`),
    distribution,
    ...(release === undefined ? {} : { release }),
  })
  const keys = [
    ...['39', '40', '43', '44', '45', '46'].map((release) => key('fedora', release)),
    ...['9', '10'].map((release) => key('almalinux', release)),
    ...['ubuntu', 'opensuse'].map((distribution) => key(distribution)),
  ]
  const keyOf = (distribution: string, release?: string): Key => {
    const found = keys.find((one) => one.distribution === distribution && one.release === release)
    if (found === undefined) throw new RangeError(`no key of ${distribution}`)
    return found
  }
  const put = (path: string, content: string | Buffer): void => void server.put(path, content)

  publishFedora(put, (text, release) => signer.clearSign(text, keyOf('fedora', release)))
  publishCoreos(put)
  publishEnterprise(put, (text, release) => signer.detach(text, [keyOf('almalinux', release)]))
  publishDebian(put)
  publishUbuntu(put, (text) => signer.detach(text, [keyOf('ubuntu')]))
  publishOpensuse(put, (text) => signer.detach(text, [keyOf('opensuse')]))
  publishArch(put)
  const { origin } = server
  publishVagrant(put, `${origin}/vagrant`)

  return {
    keys,
    env: {
      IMAGE_TEST_FEDORA_RELEASES: `${origin}/fedora/releases.json`,
      IMAGE_TEST_FEDORA_DOWNLOAD: `${origin}/download`,
      IMAGE_TEST_FEDORA_MASTER: `${origin}/dl`,
      IMAGE_TEST_FEDORA_METALINK: `${origin}/metalink`,
      IMAGE_TEST_FEDORA_ARCHIVE: `${origin}/archive`,
      IMAGE_TEST_FEDORA_COMPOSES: `${origin}/compose/`,
      IMAGE_TEST_FEDORA_COREOS: `${origin}/coreos`,
      IMAGE_TEST_CENTOS_STREAM: `${origin}/centos`,
      IMAGE_TEST_ALMALINUX: `${origin}/almalinux`,
      IMAGE_TEST_ROCKY: `${origin}/rocky`,
      IMAGE_TEST_DEBIAN: `${origin}/debian`,
      IMAGE_TEST_UBUNTU: `${origin}/ubuntu`,
      IMAGE_TEST_OPENSUSE: `${origin}/opensuse`,
      IMAGE_TEST_ARCH: `${origin}/arch`,
      IMAGE_TEST_VAGRANT: `${origin}/vagrant`,
    },
  }
}

type Put = (path: string, content: string | Buffer) => void

export const cloudFiles = (version: string, arch: string): readonly string[] => [
  `Fedora-Cloud-Base-AmazonEC2-${version}.${arch}.raw.xz`,
  `Fedora-Cloud-Base-Azure-${version}.${arch}.vhdfixed.xz`,
  `Fedora-Cloud-Base-GCE-${version}.${arch}.tar.gz`,
  `Fedora-Cloud-Base-Generic-${version}.${arch}.qcow2`,
  `Fedora-Cloud-Base-UEFI-UKI-${version}.${arch}.qcow2`,
  `Fedora-Cloud-Base-Vagrant-libvirt-${version}.${arch}.vagrant.libvirt.box`,
  ...(arch === 'x86_64' ? [`Fedora-Cloud-Base-Vagrant-VirtualBox-${version}.${arch}.vagrant.virtualbox.box`] : []),
]

export const fedoraRows = (version: string, folder: string, compose: string) =>
  ['x86_64', 'aarch64'].flatMap((arch) => [
    ...cloudFiles(compose, arch).map((file) => ({
      version,
      arch,
      link: `https://download.fedoraproject.org/pub/fedora/linux/releases/${folder}/Cloud/${arch}/images/${file}`,
      variant: 'Cloud',
      subvariant: file.includes('UKI') ? 'Cloud_Base_UKI' : 'Cloud_Base',
      sha256: sha256(file),
      size: '583729152',
    })),
    {
      version,
      arch,
      link: `https://download.fedoraproject.org/pub/fedora/linux/releases/${folder}/Server/${arch}/images/Fedora-Server-Guest-Generic-${compose}.${arch}.qcow2`,
      variant: 'Server',
      subvariant: 'Server_KVM',
      sha256: sha256(`Fedora-Server-Guest-Generic-${compose}.${arch}.qcow2`),
      size: '733085696',
    },
    {
      version,
      arch,
      link: `https://download.fedoraproject.org/pub/fedora/linux/releases/${folder}/Server/${arch}/iso/Fedora-Server-dvd-${arch}-${compose}.iso`,
      variant: 'Server',
      subvariant: 'Server',
      sha256: sha256('dvd'),
      size: '3000000000',
    },
  ])

const publishFedora = (put: Put, sign: (text: string, release: string) => Buffer): void => {
  const rows = [
    ...fedoraRows('45 Beta', 'test/45_Beta', '45_Beta-1.3'),
    ...fedoraRows('44', '44', '44-1.7'),
    ...fedoraRows('43', '43', '43-1.6'),
  ]
  put('/fedora/releases.json', JSON.stringify([...rows, { version: '44', arch: 'x86_64', variant: 'Labs', link: '' }]))
  for (const arch of ['x86_64', 'aarch64']) {
    const released = `/dl/releases/44/Cloud/${arch}/images/`
    const sums = `Fedora-Cloud-44-1.7-${arch}-CHECKSUM`
    put(released, apacheListing([...cloudFiles('44-1.7', arch), sums]))
    put(`${released}${sums}`, sign(bsd(cloudFiles('44-1.7', arch)), '44'))
    // Without a list of the folder.
    put(
      `/dl/releases/test/45_Beta/Cloud/${arch}/images/Fedora-Cloud-images-45_Beta-1.3-${arch}-CHECKSUM`,
      sign(bsd(cloudFiles('45_Beta-1.3', arch)), '45'),
    )
  }
  const server = 'Fedora-Server-Guest-Generic-44-1.7.x86_64.qcow2'
  put('/dl/releases/44/Server/x86_64/images/Fedora-Server-44-1.7-x86_64-CHECKSUM', sign(bsd([server]), '44'))

  // Releases that have ended, each with the names of its time.
  const old = [
    'Fedora-Cloud-Base-39-1.5.x86_64.qcow2',
    'Fedora-Cloud-Base-39-1.5.x86_64.raw.xz',
    'Fedora-Cloud-Base-GCP-39-1.5.x86_64.tar.gz',
  ]
  const oldBoxes = ['libvirt', 'virtualbox'].map((provider) => `Fedora-Cloud-Base-Vagrant-39-1.5.x86_64.vagrant-${provider}.box`)
  const kiwi = ['Fedora-Cloud-Base-Generic.x86_64-40-1.14.qcow2', 'Fedora-Cloud-Base-UEFI-UKI.x86_64-40-1.14.qcow2']
  const kiwiBoxes = ['Fedora-Cloud-Base-Vagrant-libvirt.x86_64-40-1.14.vagrant.libvirt.box']
  for (const [release, compose, files] of [
    ['39', '39-1.5', [...old, ...oldBoxes]],
    ['40', '40-1.14', [...kiwi, ...kiwiBoxes]],
  ] as const) {
    const folder = `/archive/releases/${release}/Cloud/x86_64/images/`
    const sums = `Fedora-Cloud-${compose}-x86_64-CHECKSUM`
    put(folder, apacheListing([...files, sums]))
    put(`${folder}${sums}`, sign(bsd(files), release))
  }

  publishCompose(put, 'rawhide', 'Rawhide-20260801.n.0', 'FINISHED_INCOMPLETE')
  put('/compose/rawhide/', apacheListing(['Fedora-Rawhide-20260730.n.1/', 'Fedora-Rawhide-20260801.n.0/', 'latest-Fedora-Rawhide/']))
  publishCompose(put, 'branched', '45-20260920.n.1', 'FINISHED')
  put('/compose/branched/', apacheListing(['Fedora-45-20260920.n.1/', 'latest-Fedora-45/', 'Fedora-44-20260301.n.0/', 'latest-Fedora-44/']))
  publishCompose(put, 'cloud', '44-20260815.0', 'DOOMED', 'Cloud-')
  publishForeignCompose(put)
}

// Of somebody who calls images otherwise.
const publishForeignCompose = (put: Put): void => {
  const id = 'Others-10-20260901.0'
  put('/compose/others/latest-Others-10/COMPOSE_ID', id)
  const image = (subvariant: string, type: string) => {
    const file = `Others-${subvariant}-10.x86_64.${type}`
    return { arch: 'x86_64', checksums: { sha256: sha256(file) }, path: `BaseOS/x86_64/images/${file}`, subvariant, type }
  }
  const images = { BaseOS: { x86_64: [image('GenericCloud', 'qcow2'), image('Minimal', 'raw')] } }
  put(`/compose/others/${id}/compose/metadata/images.json`, JSON.stringify({ payload: { compose: { id }, images } }))
}

const composeImages = (version: string) => {
  const types: readonly (readonly [type: string, format: string, file: RegExp])[] = [
    ['raw-xz', 'raw.xz', /AmazonEC2/],
    ['vhd-compressed', 'vhdfixed.xz', /Azure/],
    ['tar-gz', 'tar.gz', /GCE/],
    ['qcow2', 'qcow2', /qcow2$/],
    ['vagrant-libvirt', 'vagrant-libvirt.box', /libvirt\.box$/],
    ['vagrant-virtualbox', 'vagrant-virtualbox.box', /virtualbox\.box$/],
  ]
  const of = (arch: string) =>
    cloudFiles(version, arch).map((file) => {
      const [type, format] = types.find(([, , pattern]) => pattern.test(file)) ?? ['', '']
      return {
        arch,
        bootable: false,
        checksums: { sha256: sha256(file) },
        disc_count: 1,
        disc_number: 1,
        format,
        implant_md5: null,
        mtime: 1_785_571_200,
        path: `Cloud/${arch}/images/${file}`,
        size: 583_729_152,
        subvariant: file.includes('UKI') ? 'Cloud_Base_UKI' : 'Cloud_Base',
        type,
        volume_id: null,
      }
    })
  return { Cloud: { x86_64: of('x86_64'), aarch64: of('aarch64') }, Server: { x86_64: [] } }
}

const publishCompose = (put: Put, kind: string, version: string, status: string, product = ''): void => {
  const id = `Fedora-${product}${version}`
  const [release = ''] = version.split('-')
  put(`/compose/${kind}/latest-Fedora-${product}${release}/COMPOSE_ID`, id)
  put(`/compose/${kind}/${id}/COMPOSE_ID`, id)
  put(`/compose/${kind}/${id}/STATUS`, `${status}\n`)
  put(
    `/compose/${kind}/${id}/compose/metadata/images.json`,
    JSON.stringify({
      header: { type: 'productmd.images', version: '1.2' },
      payload: { compose: { date: version.slice(-12, -4), id, respin: 0, type: 'nightly' }, images: composeImages(version) },
    }),
  )
}

const publishCoreos = (put: Put): void => {
  const disk = (version: string, arch: string) => {
    const file = `fedora-coreos-${version}-qemu.${arch}.qcow2.xz`
    const location = `https://builds.coreos.fedoraproject.org/prod/streams/stable/builds/${version}/${arch}/${file}`
    return { location, signature: `${location}.sig`, sha256: sha256(file), 'uncompressed-sha256': sha256('unpacked') }
  }
  const architecture = (arch: string) => ({
    artifacts: {
      aws: { release: '44.20260705.3.0', formats: { 'vmdk.xz': { disk: disk('44.20260705.3.0', arch) } } },
      qemu: { release: '44.20260705.3.0', formats: { 'qcow2.xz': { disk: disk('44.20260705.3.0', arch) } } },
    },
    images: {},
  })
  put(
    '/coreos/streams/stable.json',
    JSON.stringify({
      stream: 'stable',
      metadata: { 'last-modified': '2026-07-20T14:18:43Z', generator: 'fedora-coreos-stream-generator v0.2.14' },
      architectures: { x86_64: architecture('x86_64'), aarch64: architecture('aarch64') },
    }),
  )
  const earlier = 'fedora-coreos-44.20260601.3.0-qemu.x86_64.qcow2.xz'
  put(
    '/coreos/prod/streams/stable/builds/44.20260601.3.0/x86_64/meta.json',
    JSON.stringify({ buildid: '44.20260601.3.0', images: { qemu: { path: earlier, sha256: sha256(earlier), size: 1 } } }),
  )
}

const publishEnterprise = (put: Put, sign: (text: string, release: string) => Buffer): void => {
  put('/centos/', apacheListing(['10-stream/', '9-stream/', '8-stream/', '7/']))
  for (const [release, day] of [
    ['10', '20260818.0'],
    ['9', '20260826.0'],
  ] as const) {
    for (const arch of ['x86_64', 'aarch64']) {
      const images = ['20250904.0', day, 'latest'].map((version) => `CentOS-Stream-GenericCloud-${release}-${version}.${arch}.qcow2`)
      const boxes = ['latest', day].map((version) => `CentOS-Stream-Vagrant-Libvirt-${release}-${version}.${arch}.vagrant-libvirt.box`)
      const files = [...images, ...boxes, `CentOS-Stream-ec2-${release}-${day}.${arch}.raw.xz`]
      put(`/centos/${release}-stream/${arch}/images/`, apacheListing(files.flatMap((file) => [file, `${file}.SHA256SUM`])))
      for (const file of files) put(`/centos/${release}-stream/${arch}/images/${file}.SHA256SUM`, bsd([file]))
    }
  }

  put('/almalinux/', nginxListing(['10/', '10.2/', '9/', '9.8/', 'RPM-GPG-KEY-AlmaLinux-9']))
  for (const [release, newest] of [
    ['9', '9.8-20260526'],
    ['10', '10.2-20260817.0'],
  ] as const) {
    const folder = `/almalinux/${release}/cloud/x86_64/images/`
    const name = (version: string, variant = 'GenericCloud') => `AlmaLinux-${release}-${variant}-${version}.x86_64.qcow2`
    const files = [name('latest'), name(newest), name('9.6-20250522'), name(newest, 'GenericCloud-ext4'), name(newest, 'OpenNebula')]
    const sums = gnu(files)
    put(folder, nginxListing([...files, 'CHECKSUM', 'CHECKSUM.asc']))
    put(`${folder}CHECKSUM`, sums)
    put(`${folder}CHECKSUM.asc`, sign(sums, release))
  }

  put('/rocky/', nginxListing(['10/', '10.2/', '8/', '9/', '9.8/', 'RPM-GPG-KEY-Rocky-10']))
  for (const [release, newest] of [
    ['10', '10.2-20260525.0'],
    ['9', '9.8-20260525.0'],
  ] as const) {
    const folder = `/rocky/${release}/images/x86_64/`
    const files = [
      `Rocky-${release}-GenericCloud-Base.latest.x86_64.qcow2`,
      `Rocky-${release}-GenericCloud.latest.x86_64.qcow2`,
      ...['GenericCloud-Base', 'GenericCloud-LVM', 'EC2-Base', 'OCP-Base'].map(
        (variant) => `Rocky-${release}-${variant}-${newest}.x86_64.qcow2`,
      ),
      ...['Libvirt', 'Vbox', 'VMware'].map((provider) => `Rocky-${release}-Vagrant-${provider}-${newest}.x86_64.box`),
      `Rocky-${release}-Container-Minimal-${newest}.x86_64.tar.xz`,
    ]
    put(folder, nginxListing([...files.flatMap((file) => [file, `${file}.CHECKSUM`]), 'CHECKSUM']))
    // Rocky's repeat themselves.
    for (const file of files) put(`${folder}${file}.CHECKSUM`, `${bsd([file])}${bsd([file])}`)
  }
}

const publishDebian = (put: Put): void => {
  put('/debian/', apacheListing(['bookworm/', 'bookworm-backports/', 'bullseye/', 'forky/', 'sid/', 'trixie/', 'OpenStack/']))
  put('/debian/trixie/', apacheListing(['20260112-2355/', '20260712-2537/', 'daily/', 'latest/']))
  put('/debian/bookworm/', apacheListing(['20260701-2530/', 'daily/', 'latest/']))
  put('/debian/forky/', apacheListing(['daily/']))
  put('/debian/forky/daily/', apacheListing(['20261001-2618/', '20261002-2619/', 'latest/']))
  for (const [folder, prefix, build] of [
    ['trixie/20260712-2537', 'debian-13', '20260712-2537'],
    ['trixie/20260112-2355', 'debian-13', '20260112-2355'],
    ['forky/daily/20261002-2619', 'debian-14', 'daily-20261002-2619'],
  ] as const) {
    const files = ['genericcloud', 'generic', 'nocloud'].flatMap((variant) =>
      ['amd64', 'arm64'].flatMap((arch) =>
        ['qcow2', 'raw', 'tar.xz', 'json'].map((ending) => `${prefix}-${variant}-${arch}-${build}.${ending}`),
      ),
    )
    put(`/debian/${folder}/`, apacheListing([...files, 'SHA512SUMS']))
    put(`/debian/${folder}/SHA512SUMS`, files.map((file) => `${sha512(file)}  ${file}\n`).join(''))
  }
}

const publishUbuntu = (put: Put, sign: (text: string) => Buffer): void => {
  const product = (version: string, release: string, aliases: string, supported: boolean, arch: string, days: readonly string[]) => {
    const versions = days.map((day) => {
      const file = `ubuntu-${version}-server-cloudimg-${arch}`
      const path = `server/releases/${release}/release-${day}/${file}`
      const item = (ending: string) => ({
        ftype: ending,
        path: `${path}${ending}`,
        sha256: sha256(`${day}${file}${ending}`),
        md5: 'f'.repeat(32),
        size: 1,
      })
      const items = { 'disk1.img': { ...item('.img'), ftype: 'disk1.img' }, 'lxd.tar.xz': item('-lxd.tar.xz'), squashfs: item('.squashfs') }
      return [day, { items, label: 'release', pubname: `ubuntu-${release}-${version}-${arch}-server-${day}` }]
    })
    const title = { os: 'ubuntu', release, release_title: `${version} LTS`, support_eol: '2029-05-31' }
    return [
      `com.ubuntu.cloud:server:${version}:${arch}`,
      { ...title, aliases, arch, supported, version, versions: Object.fromEntries(versions) as unknown },
    ]
  }
  const products = ['amd64', 'arm64', 'ppc64el'].flatMap((arch) => [
    product('22.04', 'jammy', '22.04,j,jammy', true, arch, ['20260612']),
    product('24.04', 'noble', '24.04,n,noble', true, arch, ['20260518', '20260705', '20260518.1']),
    product('26.04', 'resolute', '26.04,default,lts,r,resolute', true, arch, ['20260701']),
    product('23.10', 'mantic', '23.10,m,mantic', false, arch, ['20240701']),
  ])
  put(
    '/ubuntu/streams/v1/com.ubuntu.cloud:released:download.json',
    JSON.stringify({
      content_id: 'com.ubuntu.cloud:released:download',
      datatype: 'image-downloads',
      format: 'products:1.0',
      products: Object.fromEntries(products) as unknown,
      updated: 'Mon, 06 Jul 2026 16:47:50 +0000',
    }),
  )
  const sums = ['amd64', 'arm64']
    .map((arch) => `ubuntu-24.04-server-cloudimg-${arch}`)
    .map((file) => `${sha256(`20260705${file}.img`)} *${file}.img\n${sha256('x')} *${file}.squashfs\n`)
    .join('')
  put('/ubuntu/server/releases/noble/release-20260705/SHA256SUMS', sums)
  put('/ubuntu/server/releases/noble/release-20260705/SHA256SUMS.gpg', sign(sums))
}

const publishOpensuse = (put: Put, sign: (text: string) => Buffer): void => {
  put('/opensuse/distribution/leap/', jsonListing(['15.5/', '15.6/', '16.0/', 'README']))
  const names = ['x86_64', 'aarch64'].flatMap((arch) =>
    ['Cloud', 'Cloud-Build18.71', 'kvm-and-xen', 'kvm-and-xen-Build18.71'].map((end) => `Leap-16.0-Minimal-VM.${arch}-${end}.qcow2`),
  )
  put(
    '/opensuse/distribution/leap/16.0/appliances/',
    jsonListing([...names.flatMap((name) => [name, `${name}.sha256`, `${name}.sha256.asc`]), 'Leap-16.0-Minimal-VM.x86_64-VMware.vmdk.xz']),
  )
  for (const name of names) {
    const sums = gnu([name.includes('Build') ? name : name.replace('.qcow2', '-Build18.71.qcow2')])
    put(`/opensuse/distribution/leap/16.0/appliances/${name}.sha256`, sums)
    put(`/opensuse/distribution/leap/16.0/appliances/${name}.sha256.asc`, sign(sums))
  }
  // Leap 15 had another name and a version of its own in it.
  const old = 'openSUSE-Leap-15.6-Minimal-VM.x86_64-15.6.0-Cloud-Build19.103.qcow2'
  put('/opensuse/distribution/leap/15.6/appliances/', jsonListing(['openSUSE-Leap-15.6-Minimal-VM.x86_64-Cloud.qcow2', old]))
  put(`/opensuse/distribution/leap/15.6/appliances/${old}.sha256`, gnu([old]))
}

const publishArch = (put: Put): void => {
  put('/arch/', nginxListing(['latest/', 'v20260901.583572/', 'v20261001.604814/']))
  for (const version of ['20260901.583572', '20261001.604814']) {
    const kinds = ['basic', 'cloudimg'].map((kind) => `Arch-Linux-x86_64-${kind}-${version}.qcow2`)
    const boxes = ['libvirt', 'virtualbox'].map((kind) => `Arch-Linux-x86_64-${kind}-${version}.box`)
    const files = [...kinds, ...boxes]
    put(`/arch/v${version}/`, nginxListing(files.flatMap((file) => [file, `${file}.SHA256`, `${file}.sig`])))
    for (const file of files) put(`/arch/v${version}/${file}.SHA256`, gnu([file]))
  }
}

const publishVagrant = (put: Put, registry: string): void => {
  const offer = (version: string, name: string, architecture: string) => {
    const url = `${registry}/fedora/boxes/41-cloud-base/versions/${version}/providers/${name}/${architecture}/vagrant.box`
    return {
      ...{ name, url, architecture, default_architecture: architecture === 'amd64' },
      ...{ checksum_type: 'sha256', checksum: sha256('vagrant.box') },
    }
  }
  const versions = ['40.20240414.0', '41-20241024.0'].map((version) => ({
    ...{ version, status: 'active' },
    providers: [offer(version, 'libvirt', 'arm64'), offer(version, 'libvirt', 'amd64'), offer(version, 'virtualbox', 'amd64')],
  }))
  const catalog = JSON.stringify({ name: 'fedora/41-cloud-base', versions })
  put('/vagrant/api/v2/vagrant/fedora/41-cloud-base', catalog)
  put('/vagrant/catalog.json', catalog)
}
