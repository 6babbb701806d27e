/**
 * Withdraws kept answers now, and again until they would have ended by themselves: nginx may have taken an answer before it was
 * withdrawn and write its file afterwards. However long it takes over that, the file stands for no longer than as long again.
 */
import { inTurns } from './in-turns.ts'
import type { KeptName } from './kept-names.ts'

export interface Withdrawals {
  /** At once, before it returns. */
  now(names: readonly KeptName[]): void
  /** The same for many, with turns for others between them. */
  soon(names: readonly KeptName[]): Promise<void>
  /** Whatever is due again; called every so often. */
  again(): Promise<void>
}

interface Due {
  readonly names: readonly KeptName[]
  readonly at: number
  /** Since it was withdrawn the last time. */
  readonly wait: number
}

const firstMs = 250

/** `withdraw` says itself where it cannot. */
export function createWithdrawals(withdraw: (name: string) => void, now: () => number): Withdrawals {
  let due: readonly Due[] = []
  const schedule = (names: readonly KeptName[], wait: number): void => {
    if (names.length > 0) due = [...due, { names, at: now() + wait, wait }]
  }
  return {
    now(names) {
      schedule(names, firstMs)
      for (const { name } of names) withdraw(name)
    },
    soon(names) {
      schedule(names, firstMs)
      return inTurns(names, ({ name }) => withdraw(name))
    },
    async again() {
      const at = now()
      const ready = due.filter((one) => one.at <= at)
      due = due.filter((one) => one.at > at)
      for (const { names, wait } of ready) {
        const living = names.filter(({ until }) => until > at)
        schedule(living, wait * 2)
        await inTurns(names, ({ name }) => withdraw(name))
      }
    },
  }
}
