// Before the end-to-end tests: the guests they boot.
import { guest } from '../guests'

export default async (): Promise<void> => {
  for (const name of ['tiny', 'panic']) await guest(name)
}
