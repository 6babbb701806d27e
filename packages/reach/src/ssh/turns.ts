/** Lets at most so many pieces of work run at once; the others wait their turn. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

export function turns(limit: number): Turns {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}
