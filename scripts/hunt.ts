// npm run hunt [COUNT] [SEED]: plays jobs by chance on paper machines and holds their verdicts against the contract.
import { randomInt } from 'node:crypto'
import { hunt } from '../__tests__/support/paper/hunt'

Error.stackTraceLimit = 0 // most stories end in an error, whose trace nobody reads
const [count = 100_000, seed = randomInt(2 ** 31)] = process.argv.slice(2).map(Number)
const startedMs = Date.now()
let different = 0
console.log(`${count} jobs, seed ${seed}`)
for await (const { seed: one, story, must, came } of hunt(seed, count)) {
  if (must === came) continue
  different += 1
  console.log(`\nseed ${one}\n  must ${must}\n  came ${came}\n  ${JSON.stringify(story)}`)
  if (different === 10) break
}
const { user, system } = process.cpuUsage()
const took = `${((user + system) / 1e6).toFixed(1)} s of processor time in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`
console.log(`${different === 0 ? 'no difference' : `${different} differences`}, ${took}`)
process.exitCode = different === 0 ? 0 : 1
