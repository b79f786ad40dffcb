// Prints how a program would be started.
import { confined } from '../../../src/host/confinement'

process.stdout.write(confined({}, ['true']).join(' '))
