/** How soon a logout and its kin take effect, out of the newest evidence of identity.logout. Pure. */
import type { Report } from './report.ts'
import type { Texts } from './texts/texts.ts'

interface LogoutFacts {
  readonly deniedAfter?: number | null
  readonly promised?: number
  readonly elsewhere?: readonly { readonly how: string; readonly effect: string; readonly recorded: number | null }[]
}

const median = (sorted: readonly number[]): number => sorted[Math.floor((sorted.length - 1) / 2)] ?? 0

/** Sentences; none where no logout was looked at. */
export function effectsOf({ evidence }: Report, { effects }: Texts): readonly string[] {
  const facts = evidence.flatMap(({ check, facts: one }) =>
    check === 'identity.logout' && one !== null ? [one as LogoutFacts] : [],
  )
  const measured = facts.filter((one) => typeof one.deniedAfter === 'number')
  const times = measured.map((one) => one.deniedAfter as number).sort((a, b) => a - b)
  const promised = Math.max(0, ...measured.map((one) => one.promised ?? 0))
  const logout =
    times.length === 0 ? [] : [effects.logout(times.length, median(times), times.at(-1) as number, promised)]
  const stated = facts.flatMap((one) => one.elsewhere ?? [])
  const byHow = [...new Map(stated.map((one) => [one.how, one])).values()]
  return [...logout, ...byHow.map(({ how, effect, recorded }) => effects.stated(how, effect, recorded))]
}

const signsIn = ({ backends }: Report): boolean => backends.some((one) => one.later?.identity?.applied)

/** How many systems let in nobody without a session; none where no system takes part. */
export const identityHeadline = (report: Report, texts: Texts, proven: number): readonly string[] =>
  signsIn(report) ? [texts.identityHeadline(proven, report.backends.length)] : []

export const limitsOf = (report: Report, texts: Texts): readonly string[] =>
  signsIn(report) ? [...texts.limits, ...texts.identityLimits] : texts.limits
