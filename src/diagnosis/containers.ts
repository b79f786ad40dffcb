const starts = /^Spawning container (\S{1,64}) on /
const ends = /^Container (\S{1,64}) (?:has been shut down|exited|failed with|terminated by|is being rebooted)/
const ofKernel = /^\[ *\d{1,8}\.\d{1,9}\]/

export interface Containers {
  // Whether a line is of a container that boots on the same console: it fails and powers off for itself.
  speaks(text: string): boolean
  restart(): void
}

// Follows what systemd-nspawn prints when its console is the machine's own. What has the kernel's time is the machine's all the same.
export const containerReader = (): Containers => {
  let inside: string | undefined
  return {
    speaks(text) {
      const started = starts.exec(text)?.[1]
      const was = inside
      if (started !== undefined) inside = started
      else if (was !== undefined && ends.exec(text)?.[1] === was) inside = undefined
      return was !== undefined && !ofKernel.test(text)
    },
    restart() {
      inside = undefined
    },
  }
}
