export interface Patience {
  readonly ms: () => number
  readonly wasTooShort: () => void
}

// How long a step of a login may take: longer on a slow host, and twice as long after each time that it was not enough.
export const growingPatience = (firstMs: number, slowdown: number): Patience => {
  let ms = firstMs * slowdown
  const mostMs = ms * 8
  return {
    ms: () => ms,
    wasTooShort: () => {
      ms = Math.min(ms * 2, mostMs)
    },
  }
}
