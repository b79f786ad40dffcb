// Ends the processes of a run by its marker, as another process would: usage: end-processes.ts MARKER
import { leftovers, remove } from '../../../src/host/remove'

const entry = { kind: 'process', marker: process.argv.at(-1) ?? '' } as const
const before = await leftovers(entry)
await remove(entry)
process.stdout.write(JSON.stringify({ before: before.length, after: (await leftovers(entry)).length }))
