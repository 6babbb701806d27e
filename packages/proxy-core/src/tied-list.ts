/**
 * What is under way and depends on something. No Set: V8 makes a new table for one every few dozen changes, each old table leads
 * to the next, and so one that outlived a scavenge keeps every request since alive until the whole heap is collected.
 */

export interface Listed {
  /** Its place in the list; -1: it is in none. */
  tiedAt: number
}

export interface TiedList<T extends Listed> {
  add(one: T): void
  /** Nothing happens where it is not in there. */
  remove(one: T): void
  all(): readonly T[]
}

export function createTiedList<T extends Listed>(): TiedList<T> {
  const list: T[] = []
  return {
    add(one) {
      one.tiedAt = list.push(one) - 1
    },
    remove(one) {
      if (one.tiedAt < 0) return
      const last = list.pop() as T
      if (last !== one) {
        list[one.tiedAt] = last
        last.tiedAt = one.tiedAt
      }
      one.tiedAt = -1
    },
    all: () => [...list],
  }
}
