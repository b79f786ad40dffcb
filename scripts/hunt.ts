// npm run hunt [COUNT] [SEED]: plays jobs by chance on paper machines and holds their verdicts against the contract.
import { createHash, randomInt } from 'node:crypto'
import { hunt } from '../__tests__/support/paper/hunt'

Error.stackTraceLimit = 0 // most stories end in an error, whose trace nobody reads
const given = process.argv.slice(2)
const [count = 100_000, seed = randomInt(2 ** 31)] = given.map(Number)
if (given.length > 2 || count < 1 || ![count, seed].every((number) => Number.isSafeInteger(number) && number >= 0 && number < 2 ** 32)) {
  throw new RangeError('npm run hunt [COUNT] [SEED]: whole numbers below 4,294,967,296')
}
const startedMs = Date.now()
let different = 0
const distinct = new Set<string>()
const verdicts = new Map<string, number>()
console.log(`${count} jobs, seed ${seed}`)
for await (const { seed: one, story, must, came } of hunt(seed, count)) {
  distinct.add(createHash('sha256').update(JSON.stringify(story)).digest('base64'))
  const { outcome } = JSON.parse(came) as { outcome: string }
  verdicts.set(outcome, (verdicts.get(outcome) ?? 0) + 1)
  if (must === came) continue
  different += 1
  console.log(`\nseed ${one}\n  must ${must}\n  came ${came}\n  ${JSON.stringify(story)}`)
  if (different === 10) break
}
const counts = [...verdicts].sort(([, a], [, b]) => b - a).map(([outcome, times]) => `${times} ${outcome}`)
console.log(`${distinct.size} different jobs: ${counts.join(', ')}`)
const { user, system } = process.cpuUsage()
const took = `${((user + system) / 1e6).toFixed(1)} s of processor time in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`
console.log(`${different === 0 ? 'no difference' : `${different} differences`}, ${took}`)
process.exitCode = different === 0 ? 0 : 1
