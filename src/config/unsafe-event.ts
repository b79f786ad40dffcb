import type { Report } from './problems'

// Events whose workflow has secrets and a token that writes, and which a stranger's pull request can start.
const unsafeEvents = ['pull_request_target', 'workflow_run']

// The image and the job file may be that stranger's, so this must be asked for.
export const refuseUnsafeEvent = (event: string | undefined, allowed: boolean, report: Report): void => {
  if (event === undefined || !unsafeEvents.includes(event) || allowed) return
  report(
    `this workflow runs on ${event}, where code of a pull request can reach the secrets of the repository; use pull_request, or set \`allow-unsafe-event: true\` when only trusted images and job files get here`,
  )
}
