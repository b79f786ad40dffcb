// npm run guest [NAME]: finds or builds a test guest and prints the path of its image; without a name, lists them all.
import { guest, recipes } from '.'

const [name = '--list'] = process.argv.slice(2)
if (name === '--list') {
  for (const [known, { about }] of recipes) process.stdout.write(`${known.padEnd(24)} ${about}\n`)
} else {
  process.stdout.write(`${await guest(name)}\n`)
}
