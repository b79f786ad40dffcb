// A process of its own that keeps a note, tells what happens, and holds it until its stdin ends. It can die by SIGKILL at a step of that, or
// wait there until a file is gone.
import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { keepOnce } from '../../../../src/host/kept/keep'
import { prepareShelf } from '../../../../src/host/kept/shelf'
import { asking, noteKind, signal, written, type Step } from './notes'

export interface Asked {
  readonly dir: string
  readonly key: string
  readonly texts: readonly string[]
  readonly dies?: Step
  readonly gate?: string // makes nothing as long as this is there
}

const { dir, key, texts, dies, gate } = JSON.parse(process.argv[2] ?? '') as Asked
const tell = (kind: string, detail: unknown = ''): void => void process.stdout.write(`${JSON.stringify({ kind, detail })}\n`)
const at = (step: Step): void => {
  if (step === dies) process.kill(process.pid, 'SIGKILL')
}

const asked = asking(key)
const shelf = {
  dir,
  kind: {
    ...noteKind,
    toJson: (record: Parameters<typeof noteKind.toJson>[0]) => {
      at('wrote no record yet')
      return noteKind.toJson(record)
    },
  },
}
try {
  await prepareShelf(shelf, key, signal)
  const kept = await keepOnce(shelf, {
    ...asked,
    maxBytes: 1024 ** 3,
    open: (entry) => {
      at('has its name')
      return asked.open(entry)
    },
    make: async (folder) => {
      tell('makes')
      at('began')
      while (gate !== undefined && existsSync(gate)) await setTimeout(20)
      const [first] = texts
      written(folder, first === undefined ? [] : [first])
      at('made the first file')
      const files = written(folder, texts)
      at('made all files')
      return { about: { about: key, signed: false }, files }
    },
    onWait: () => {
      tell('waits')
    },
    onDamaged: (why) => {
      tell('damaged', why)
      at('told of damage')
    },
  })
  tell('kept', kept === 'unproven' ? kept : { pages: kept.thing, reused: kept.reused })
} catch (error) {
  tell('failed', error instanceof Error ? error.message : String(error))
}
process.stdin.resume().once('end', () => process.exit())
