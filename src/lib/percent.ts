// Decodes the %XX of an address as far as they are some: a stray % stands for itself, as curl has it, where decodeURIComponent throws.
export const decodePercent = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run // no UTF-8
    }
  })
