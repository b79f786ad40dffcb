import { JobError } from '../../errors'

// Makes the error that refuses an archive, and with it the image: refuse('names a link', 'Pack it without').
export type Refuse = (refused: string, hint: string, cause?: unknown) => JobError

export const refusing =
  (shown: string): Refuse =>
  (refused, hint, cause) =>
    new JobError('image-error', `${shown} ${refused}`, { hint, cause })

export const damagedHint = 'The archive is damaged or was made to mislead: make or fetch it again.'
