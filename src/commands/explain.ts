import type { Report } from '../config/problems'
import { quote } from '../lib/wording'
import { printResult } from '../report/stdout/print-result'
import { command, isOn, jsonFlag, type GivenWords } from './command'
import { readConsoleFile } from './explain-file'
import { renderReading } from './explain-text'
import { readConsole } from './read-console'
import { workingFolder } from './working-folder'

// 0 whatever the console tells.
export const explainCommand = command({
  usage: 'image-test explain CONSOLE.log [--json] [--accelerator kvm|tcg]',
  description: 'Tells of a stored console, or of standard input (-), what a run would have told: verdict, sentence, stage, findings.',
  inputs: ['accelerator'],
  flags: { json: jsonFlag },
  read: (given, report) => ({ ...consoleOf(given, report), json: isOn(given, 'json') }),
  execute: async ({ file, accelerator, json }) => {
    const reading = readConsole(await readConsoleFile(file, { cwd: workingFolder(), env: process.env }), { accelerator })
    await printResult(json ? JSON.stringify(reading, undefined, 2) : renderReading(reading))
    return 0
  },
})

// What follows `explain` is a file, and the machine is taken for one with KVM.
const consoleOf = ({ flags, positionals: [file, ...others] }: GivenWords, report: Report) => {
  const accelerator = flags.get('accelerator') ?? 'kvm'
  for (const extra of others) report(`image-test explain takes one file; ${quote(extra)} is one too many`)
  if (file === undefined) report('image-test explain needs the file of a console, such as console.log of a report, or - for standard input')
  if (accelerator !== 'kvm' && accelerator !== 'tcg') report(`--accelerator of explain is kvm or tcg, not ${quote(accelerator)}`)
  return { file: file ?? '-', accelerator: accelerator === 'tcg' ? ('tcg' as const) : ('kvm' as const) }
}
