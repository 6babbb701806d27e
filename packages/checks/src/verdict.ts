/** Verdicts, and how several findings become one. */
import type { Verdict } from '@lockgate/model'

export const pass: Verdict = { status: 'pass' }
export const fail = (because: string): Verdict => ({ status: 'fail', because })
export const error = (because: string): Verdict => ({ status: 'error', because })
export const skip = (cause: string, because: string): Verdict => ({ status: 'skip', because: `${cause}: ${because}` })

const longest = 12

/** `a; b; c and 4 more` */
export function listed(findings: readonly string[], most = longest): string {
  const unique = [...new Set(findings)]
  const shown = unique.slice(0, most).join('; ')
  return unique.length > most ? `${shown} and ${unique.length - most} more` : shown
}

/** What is exposed is said first; what could not be seen makes an error; neither is a pass. */
export function verdictOf(failures: readonly string[], errors: readonly string[]): Verdict {
  if (failures.length > 0) return fail(listed(failures))
  return errors.length > 0 ? error(listed(errors)) : pass
}
