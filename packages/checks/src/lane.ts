/** Bounds what is under way at one time from one place, over all checks of a verification: a crowded vantage times out and reads as closed. */
import type { Io } from '@lockgate/model'

export type Lane = <T>(work: () => Promise<T>) => Promise<T>

export function createLane(most: number): Lane {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

/** How much of each kind at once. */
const widths = { knock: 128, ask: 12, sweep: 12 } as const

/** The lane of this kind that all checks share from this place. Work in one lane never waits for the same lane. */
export const laneOf = (io: Io, kind: keyof typeof widths, from: string): Promise<Lane> =>
  io.once(`lane ${kind} ${from}`, async () => createLane(widths[kind]))
