/* eslint-disable no-control-regex -- control characters are the subject here */

// CSI, character sets, OSC and DCS strings (systemd sends both to a console), two-character escapes, and an escape that is cut off at the
// end. Every alternative starts with a byte of its own, so matching takes linear time.
export const sequences =
  /\x1b\[[0-?]*[ -/]*(?:[@-~]|$)|\x1b[()*+][A-Za-z0-9]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|\x1b?$)|\x1b[PX^_][^\x1b]*(?:\x1b\\|\x1b?$)|\x1b[ -/]*[0-~]?/
    .source
// And what is left of C0 and C1 but for tabs and line ends.
const controls = new RegExp(`${sequences}|[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]`, 'g')
const anyControl = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/

export const stripControls = (text: string): string => (anyControl.test(text) ? text.replace(controls, '') : text)

// What moves the cursor: to the start of the row, to a place on the screen, or by erasing the screen.
const moves = /\r+|\x1b\[(\d{0,4})(?:;(\d{0,4}))?[Hf]|\x1b\[[23]J|\x1bc/g

// The rows of text that a terminal would show for one line of output, in the order in which they were written; always at least one.
// Firmware and boot loaders place text with cursor moves and without line feeds: a move to another row ends a row. What is written over, as
// by a progress bar, is gone.
export const terminalRows = (raw: string): string[] => {
  if (!anyControl.test(raw)) return [raw]
  const rows: string[] = []
  let shown = '' // of the current row
  let position: string | undefined // of the cursor, as a row number
  let beside = false // what comes next is written beside what is shown, not over it
  let from = 0
  const write = (text: string): void => {
    const plain = stripControls(text)
    if (plain.trim() === '') return
    shown = beside ? `${shown}${shown.endsWith(' ') ? '' : ' '}${plain}` : plain
    beside = true
  }
  const endRow = (): void => {
    if (shown.trim() !== '') rows.push(shown)
    shown = ''
  }
  for (const move of raw.matchAll(moves)) {
    write(raw.slice(from, move.index))
    from = move.index + move[0].length
    beside = false
    if (move[0].startsWith('\r')) continue
    const row = /[Hf]$/.test(move[0]) ? String(Number(move[1] ?? '') || 1) : undefined
    if (row === undefined || row !== position) endRow()
    else beside = Number(move[2] ?? '') > 1 && shown !== ''
    position = row ?? position
  }
  write(raw.slice(from))
  if (rows.length === 0 || shown !== '') rows.push(shown)
  return rows
}
