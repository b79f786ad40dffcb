import { cleanUp } from '../host/workspace'
import type { ActionStep } from './action-step'

// Removes what the main step left behind. Where that saved no state, it made nothing.
export const postStep: ActionStep = async ({ state, info, fail }) => {
  const ledger = state('ledger')
  if (ledger === '') return 0
  const { removed, left } = await cleanUp(ledger)
  if (removed > 0) info(`removed what the run left behind: ${removed} thing${removed === 1 ? '' : 's'}`)
  if (left.length === 0) return 0
  fail(`could not be removed: ${left.join(', ')}`)
  return 1
}
