/** What strangers' opaque tokens may cost the IdP: so many questions, whoever sends how many. */

const PER_SECOND = 20
const BURST = 40
/** Tokens that were good lately. */
const KEPT = 5_000

export interface GuessLimit {
  /** Whether the IdP may be asked about this token now. One that was good when it was last asked about always may. */
  admits(hash: string): boolean
  accepted(hash: string): void
  refused(hash: string): void
}

/** A token that is accepted costs nothing: only wrong ones use up what there is. */
export function createGuessLimit(now: () => number): GuessLimit {
  const good = new Set<string>()
  let left = BURST
  let filledAt = now()

  const fill = (): void => {
    const passed = Math.max(0, now() - filledAt)
    left = Math.min(BURST, left + (passed * PER_SECOND) / 1_000)
    filledAt = now()
  }
  return {
    admits(hash) {
      if (good.has(hash)) return true
      fill()
      if (left < 1) return false
      left -= 1
      return true
    },
    accepted(hash) {
      if (!good.has(hash)) left = Math.min(BURST, left + 1)
      good.delete(hash)
      good.add(hash)
      if (good.size > KEPT) good.delete(good.values().next().value as string)
    },
    refused: (hash) => void good.delete(hash),
  }
}
