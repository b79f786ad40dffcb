// Every command of the terminal and every step of the action. Each is loaded when it is asked for, with what it needs: to tell the version
// takes no engine.
import type { ActionStep } from './action-step'
import type { Command } from './command'

export const commands: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['run', async () => (await import(/* webpackMode: "eager" */ './run')).runCommand],
  ['resolve', async () => (await import(/* webpackMode: "eager" */ './resolve')).resolveCommand],
  ['explain', async () => (await import(/* webpackMode: "eager" */ './explain')).explainCommand],
  ['clean', async () => (await import(/* webpackMode: "eager" */ './clean')).cleanCommand],
  ['doctor', async () => (await import(/* webpackMode: "eager" */ './doctor')).doctorCommand],
])

export const actionSteps: ReadonlyMap<string, () => Promise<ActionStep>> = new Map([
  ['main', async () => (await import(/* webpackMode: "eager" */ './run')).mainStep],
  ['post', async () => (await import(/* webpackMode: "eager" */ './post')).postStep],
  ['resolve', async () => (await import(/* webpackMode: "eager" */ './resolve')).resolveStep],
])
