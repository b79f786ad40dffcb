import type { Job } from '../config/job'

// Stands for a job that could not be read.
export const emptyJob = (title: string): Job => ({
  title,
  source: { sha256: '' },
  machines: [],
  setup: [],
  tests: [],
  teardown: [],
  findings: { failOn: 'default', ignore: [], require: [] },
  failFast: false,
  timeout: { ms: 0, written: false },
  bootAttempts: 1,
  secrets: [],
})
