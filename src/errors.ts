export type JobOutcome =
  'passed' | 'failed' | 'config-error' | 'image-error' | 'boot-failed' | 'guest-lost' | 'infra-error' | 'timed-out' | 'cancelled'

// How far a machine came, in the order in which a boot passes them.
export const stages = ['firmware', 'bootloader', 'kernel', 'initrd', 'init', 'network', 'sshd', 'login', 'cloud-init', 'ready'] as const
export type Stage = (typeof stages)[number]

export interface JobErrorDetails {
  readonly hint: string // one sentence: what to do
  readonly machine?: string | undefined
  readonly stage?: Stage | undefined // last stage reached, of boot-failed and guest-lost
  readonly excerpt?: string | undefined // the console block that explains it; guest bytes, so data only
  readonly timeout?: string | undefined // the guest's own patience that ended, on a slow host: what it waited for
  readonly cause?: unknown
}

// Everything that ends a job but the tests' own results. A test's failure is a result, never an exception.
export class JobError extends Error {
  override readonly name = 'JobError'
  readonly hint: string
  readonly machine: string | undefined
  readonly stage: Stage | undefined
  readonly excerpt: string | undefined
  readonly timeout: string | undefined

  constructor(
    readonly outcome: Exclude<JobOutcome, 'passed' | 'failed'>,
    message: string,
    { hint, machine, stage, excerpt, timeout, cause }: JobErrorDetails,
  ) {
    super(message, { cause })
    this.hint = hint
    this.machine = machine
    this.stage = stage
    this.excerpt = excerpt
    this.timeout = timeout
  }
}

// Gives any thrown value the shape of a JobError; what is not one already is a fault of ours or of the host.
export const toJobError = (error: unknown): JobError => {
  if (error instanceof JobError) return error
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new JobError('infra-error', `the disk of the host is full (${code})`, {
      hint: 'Free space in the working folder, or let it be on a larger disk.',
      cause: error,
    })
  }
  return new JobError('infra-error', `unexpected: ${error instanceof Error ? error.message : String(error)}`, {
    hint: 'This looks like a fault in image-test: run the job again, and open an issue with the log if it comes back.',
    cause: error,
  })
}

// The exit code of the terminal command for each verdict; a cancelled run ends with 128 + the signal's number.
export const exitCodes: Readonly<Record<JobOutcome, number>> = {
  passed: 0,
  failed: 1,
  'config-error': 2,
  'image-error': 3,
  'boot-failed': 4,
  'infra-error': 5,
  'timed-out': 6,
  'guest-lost': 7,
  cancelled: 130,
}
