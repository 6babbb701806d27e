/** Reasons that are about the gate itself and not about one backend. */
import type { answers } from '@lockgate/model'

type Reason = answers.Reason

export const aboutGate = (check: string, because: string): Reason => ({
  check,
  backend: null,
  vantage: null,
  status: 'fail',
  because,
})

/** At most five names, and how many more there are. */
export const listed = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`

/** Vantages where evidence is needed: those that stand with users or peers and not on an edge's own network. */
