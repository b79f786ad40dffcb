// Where everything lies in the report folder. upload-artifact refuses " : < > | * ? and line ends in names; so does a reader who has to
// quote them in a shell.
export const reportPaths = {
  json: 'results.json',
  junit: 'junit.xml',
  summary: 'summary.md',
  html: 'report.html',
  machines: 'machines',
  outputs: 'outputs',
  console: (machine: string, boot?: number) => `machines/${safeName(machine)}/console${boot === undefined ? '' : `-${boot}`}.log`,
  journal: (machine: string) => `machines/${safeName(machine)}/journal`,
  screenshot: (machine: string) => `machines/${safeName(machine)}/screenshot.png`,
  qemuLog: (machine: string) => `machines/${safeName(machine)}/qemu.log`,
  output: (test: string, stream: 'stdout' | 'stderr', attempt: number) =>
    `outputs/${safeName(test)}${attempt > 1 ? `.${attempt}` : ''}.${stream}.txt`,
} as const

// One name in a folder out of text that a stranger chose: no way up or down, nothing hidden, not longer than a file system takes.
export const safeName = (text: string): string => {
  const name = text.replace(/[^\w.+-]+/g, '-').replace(/^[.-]+/, '')
  return name === '' ? 'unnamed' : name.slice(0, 120)
}
