// A Job: what is asked, fully validated, independent of whether it came from inputs, the command line or a file.
import type { Location } from '../results'
import type { when } from './fields/when'
import type { TypeOf } from './types/type'

// A length of time in milliseconds; `written` when the user gave the number: only defaults are scaled by a slow accelerator.
export interface Duration {
  readonly ms: number
  readonly written: boolean
}

export interface Job {
  readonly title: string
  readonly source: { readonly job?: Location; readonly sha256: string } // sha256 of the job's text, or of the inline commands
  readonly machines: readonly MachineSpec[]
  readonly setup: readonly TestSpec[]
  readonly tests: readonly TestSpec[]
  readonly teardown: readonly TestSpec[]
  readonly findings: FindingsPolicy
  readonly failFast: boolean
  readonly timeout: Duration // of the whole job
  readonly bootAttempts: number
  readonly cache?: { readonly dir?: string; readonly maxBytes: number } // of images; absent: nothing is kept
  readonly secrets: readonly string[] // values to mask and to replace by *** wherever we write
}

// Machines differ by what runs them; there is one such kind so far.
export type MachineSpec = MachineCommon & QemuSpec

export interface MachineCommon {
  readonly name: string // theMachine when there is one
  readonly bootTimeout: Duration // of one attempt
  readonly access: AccessSpec
}

export interface QemuSpec {
  readonly provider: 'qemu'
  readonly image: ImageRequest
  readonly accelerator: 'auto' | 'kvm' | 'tcg'
  readonly memoryBytes: number
  readonly cpus: number
  readonly diskBytes?: number // may only grow the disk
  readonly firmware: 'auto' | 'bios' | 'uefi' | 'uefi-secure'
  readonly hardware: Hardware
  readonly qemuArgs: readonly string[]
}

// How we get in.
export interface AccessSpec {
  readonly provisioning: 'auto' | 'cloud-init' | 'ignition' | 'systemd-credentials' | 'none'
  readonly loginUser?: string // absent: of the image's name, else asked of the guest by cloud-init's default user
  readonly password?: string // asked for by the user; password login stays off without it
  readonly sshKey?: string // a private key of the user's, OpenSSH or PEM
  readonly userData?: UserData
}

// The user's own, cloud-init's or Ignition's, to be merged with ours.
export interface UserData {
  readonly text: string
  readonly from: string
}

export type DiskBus = 'virtio' | 'scsi' | 'sata' | 'ide'

export type Nic = 'virtio' | 'e1000' | 'e1000e' | 'rtl8139'

export interface Hardware {
  readonly tpm: boolean
  readonly diskBus: 'auto' | 'any' | DiskBus
  readonly nic: 'auto' | Nic
  readonly nics: number
  readonly emptyDisksBytes: readonly number[] // further disks with nothing on them
}

export interface ImageRequest {
  readonly source: string // path, URL or name, as written
  readonly checksum?: string // 'sha256:HEX' or HEX (algorithm by length), of the file as published
  readonly checksumFile?: string // path or URL
  readonly signingKey?: string // an OpenPGP public key, armored, or the path of its file: whoever has it must have signed the checksum file
  readonly verify: 'auto' | 'signature' | 'checksum' | 'none'
  readonly format?: string
  readonly arch?: 'x86_64' | 'aarch64' // absent: of the image's name, else of the boot loader on its disk
  readonly location?: Location
}

export interface TestCommon {
  readonly id: string
  readonly name: string
  readonly machine: string
  readonly gating: boolean // false for continue-on-error
  readonly nonGatingReason?: string // as given with continue-on-error
  readonly timeout: Duration
  readonly when?: When // absent: on every machine
  readonly location?: Location
  readonly concerns: readonly Location[]
}

// Every key that is there must hold; of several words, one.
export type When = TypeOf<typeof when>

export type TestSpec = TestCommon & (({ readonly kind: 'run' } & RunSpec) | { readonly kind: 'reboot' })

export interface RunSpec {
  readonly run: string
  readonly user?: string // through sudo -n -u; absent: the login user
  readonly shell?: string // 'bash', 'sh', or a template with {0}; absent: bash -e {0}, or sh -e {0} where there is no bash
  readonly env: Readonly<Record<string, string>>
  readonly workingDirectory?: string
  readonly expect: Expectation
  readonly xfail?: { readonly reason?: string } // absent also when its `until` date is past
  readonly retry: { readonly times: number; readonly delayMs: number } // times: further tries after the first, 0 without retry
}

export interface Expectation {
  readonly exit: readonly number[]
  readonly stdout?: string // exact after trim
  readonly stdoutMatches?: string // regular expression, flag m
  readonly stderr?: string
  readonly stderrMatches?: string
}

export interface FindingsPolicy {
  readonly failOn: 'default' | 'fatal' | 'error' | 'never'
  readonly ignore: readonly PatternRule[] // rules whose `until` is past are left out, with a warning
  readonly require: readonly PatternRule[]
}

export interface PatternRule {
  readonly match: string // regular expression over the block
  readonly reason: string
}
