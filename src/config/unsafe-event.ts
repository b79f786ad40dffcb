import type { Report } from './problems'

// Events whose workflow runs with the secrets of the repository, and which a stranger can start: by a pull request, by a comment or by what
// other workflows and apps make of a pull request. (Those of a review have no secrets when it is of a fork.)
const unsafeEvents: readonly string[] = [
  ...['pull_request_target', 'workflow_run', 'issue_comment', 'pull_request_comment', 'issues', 'discussion', 'discussion_comment'],
  ...['commit_comment', 'check_run', 'check_suite', 'status', 'fork', 'watch', 'gollum'],
]

// The image and the job file may be that stranger's, so this must be asked for.
export const refuseUnsafeEvent = (event: string | undefined, allowed: boolean, report: Report): void => {
  if (event === undefined || !unsafeEvents.includes(event) || allowed) return
  report(
    `this workflow runs on ${event}, which a stranger can start and where what they send can reach the secrets of the repository; use pull_request, or set \`allow-unsafe-event: true\` when only trusted images and job files get here`,
  )
}
