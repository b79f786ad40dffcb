import type { Row } from './row'
import { boot } from './rows/boot'
import { cancellation } from './rows/cancellation'
import { commands } from './rows/commands'
import { configuration } from './rows/configuration'
import { downloads } from './rows/downloads'
import { host } from './rows/host'
import { hostile } from './rows/hostile'
import { lost } from './rows/lost'
import { randomMoments } from './rows/moments'
import { secretRows } from './rows/secrets'
import { systems } from './rows/systems'

export const table: readonly Row[] = [
  ...configuration,
  ...downloads,
  ...boot,
  ...lost,
  ...commands,
  ...hostile,
  ...secretRows,
  ...host,
  ...cancellation,
  ...randomMoments,
  ...systems,
]
