// Prints how a program would be started.
import { confined } from '../../../src/lib/confinement'

process.stdout.write(confined({}, ['true']).join(' '))
