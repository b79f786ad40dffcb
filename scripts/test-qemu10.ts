// `npm run test:qemu10 [-- FILE…]`: the end-to-end tests on QEMU 10.0, from the backports of Debian 12, beside the QEMU that is installed.
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { guest } from '../__tests__/guests'
import { ensureQemu } from '../src/machines/qemu/install'
import { runProjects } from './vitest'

const programs = ['qemu-system-x86_64', 'qemu-img']

await ensureQemu({ signal: new AbortController().signal, onProgress: (text) => void process.stderr.write(`${text}\n`) }) // OVMF
const packages = await guest('qemu10')
const root = mkdtempSync(join(tmpdir(), 'qemu10-'))
try {
  chmodSync(root, 0o755) // QEMU runs as somebody else when we are root
  execFileSync('tar', ['--extract', '--file', packages, '--directory', root, './usr'])
  const bin = join(root, 'bin')
  mkdirSync(bin)
  const libraries = join(root, 'usr/lib/x86_64-linux-gnu')
  const firmware = ['qemu', 'seabios'].map((name) => `-L ${join(root, 'usr/share', name)}`).join(' ')
  for (const program of programs) {
    const options = program === 'qemu-img' ? '' : firmware
    const command = `LD_LIBRARY_PATH=${libraries} exec ${join(root, 'usr/bin', program)} "$@" ${options}`
    writeFileSync(join(bin, program), `#!/bin/sh\n${command}\n`, { mode: 0o755 })
  }
  const env = { ...process.env, PATH: [bin, process.env.PATH].join(delimiter) }
  const doctor = execFileSync('node', ['dist/cli/index.js', 'doctor'], { env, encoding: 'utf8' })
  if (!/QEMU emulator version 10\.0/.test(doctor)) throw new Error(`this is not QEMU 10.0:\n${doctor}`)
  process.stdout.write(doctor)
  process.exitCode = (await runProjects([{ name: 'e2e' }], process.argv.slice(2), env)) ? 0 : 1
} finally {
  rmSync(root, { recursive: true, force: true })
}
