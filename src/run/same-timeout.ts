import { JobError } from '../errors'

// A guest that runs out of its own patience on a slow host gets another machine. At the same place twice it is told as the image's, with
// a word about emulation, which may yet be the reason.
export const sameTimeout = (last: JobError | undefined, error: JobError): JobError => {
  const { timeout, message, hint, machine, stage, excerpt } = error
  if (timeout === undefined || last?.timeout !== timeout) return error
  return new JobError('boot-failed', `${message}; on two machines, both under emulation, which is slow`, {
    hint: `If what it waited for is there, raise the limit in the image (x-systemd.device-timeout=, DefaultDeviceTimeoutSec=, TimeoutStartSec=), or test on a host with KVM. ${hint}`,
    machine,
    stage,
    excerpt,
    cause: error,
  })
}
