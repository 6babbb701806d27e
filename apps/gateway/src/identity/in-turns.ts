/** Short work for each of many, with turns for others in between. */
import { setImmediate as nextTurn } from 'node:timers/promises'

const atOnce = 200

export async function inTurns<T>(all: readonly T[], work: (one: T) => void): Promise<void> {
  for (let i = 0; i < all.length; i += atOnce) {
    for (const one of all.slice(i, i + atOnce)) work(one)
    await nextTurn()
  }
}
