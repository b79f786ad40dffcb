import { styleText } from 'node:util'

// ANSI colours, or none. Whether to is decided by wantsColour: Node would look at its own stdout and more variables.
export const colours = (on: boolean) => {
  const paint =
    (format: 'bold' | 'dim' | 'red' | 'green' | 'yellow') =>
    (text: string): string =>
      on ? styleText(format, text, { validateStream: false }) : text
  return { bold: paint('bold'), dim: paint('dim'), red: paint('red'), green: paint('green'), yellow: paint('yellow') }
}

export type Colours = ReturnType<typeof colours>

// https://no-color.org: present and not empty.
export const wantsColour = (isTty: boolean, { NO_COLOR }: Readonly<Record<string, string | undefined>>): boolean => isTty && !NO_COLOR
