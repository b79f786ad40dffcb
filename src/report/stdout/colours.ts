// ANSI colours, or none.
export const colours = (on: boolean) => {
  const paint =
    (start: number, end: number) =>
    (text: string): string =>
      on ? `\x1b[${start}m${text}\x1b[${end}m` : text
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39) }
}

export type Colours = ReturnType<typeof colours>

// https://no-color.org: present and not empty.
export const wantsColour = (isTty: boolean, { NO_COLOR }: Readonly<Record<string, string | undefined>>): boolean => isTty && !NO_COLOR
