// What work costs, told by the processor time of this process: that is the same when other programs run too, where a clock on the wall
// tells more about them. Nothing else may run in this process meanwhile.
export const processorMs = (work: () => unknown): number => {
  const before = process.cpuUsage()
  work()
  return since(before)
}

// The same of what takes several turns, with what came of it.
export const weigh = async <T>(work: () => Promise<T>): Promise<{ readonly ms: number; readonly result: T }> => {
  const before = process.cpuUsage()
  const result = await work()
  return { ms: since(before), result }
}

// The least of some turns, for what takes so little that compiling it and collecting garbage take more; a turn within the limit is enough.
export const leastProcessorMs = (limitMs: number, turns: number, work: () => unknown): number => {
  let least = Infinity
  for (let turn = 0; turn < turns && least > limitMs; turn += 1) least = Math.min(least, processorMs(work))
  return least
}

const since = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}
