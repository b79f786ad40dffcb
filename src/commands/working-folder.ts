import { JobError } from '../errors'

// It may have been removed while a shell stands in it. config-error
export const workingFolder = (): string => {
  try {
    return process.cwd()
  } catch (cause) {
    throw new JobError('config-error', 'the working folder is not there any more', {
      hint: 'Go to a folder that is, and run again.',
      cause,
    })
  }
}
