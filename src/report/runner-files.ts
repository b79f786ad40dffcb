import { JobError } from '../errors'

type RunnerFile = 'GITHUB_OUTPUT' | 'GITHUB_STATE' | 'GITHUB_STEP_SUMMARY'

// Writes into a file that the runner reads after the step. infra-error: with what is lost when it cannot be written.
export const writeForRunner = (file: RunnerFile, lost: string, write: () => void): void => {
  try {
    write()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new JobError('infra-error', `the runner's file ${file} cannot be written, so ${lost}: ${why}`, {
      hint: `Give the disk of the runner room, and let this step's user write what ${file} names.`,
      cause,
    })
  }
}
