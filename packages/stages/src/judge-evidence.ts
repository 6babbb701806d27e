/** Judges the newest evidence of every check, backend and vantage: does it count, and does it hold the gate shut? Pure. */
import type { answers, Backend, Check, Evidence } from '@lockgate/model'
import { aboutGate, listed } from './about-gate.ts'
import { clockSlackMs } from './clock-slack.ts'
import type { Counts, GateInput } from './gate-input.ts'
import { appliedBackends, evidenceKey, waiverKey } from './history.ts'
import { livePlan } from './live-plan.ts'
import type { WaiverRecord } from './records.ts'
import { isInForce, mostWaiverDays } from './waiver-term.ts'

type Reason = answers.Reason

interface Judged {
  readonly reasons: Reason[]
  readonly aboutGate: Reason[]
  readonly counts: Counts
}

export function judgeEvidence(input: GateInput, backends: readonly Backend[], vantages: readonly string[]): Judged {
  const judged: Judged = { reasons: [], aboutGate: [], counts: { pass: 0, fail: 0, error: 0, skip: 0, waived: 0 } }
  const aside = {
    stale: [] as string[],
    foreign: [] as string[],
    missing: [] as string[],
    simulated: [] as string[],
    sweep: new Set<string>(),
  }
  const applied = appliedBackends(input.history)
  for (const backend of backends) {
    const plan = livePlan(
      applied.get(backend.id)?.plan ?? null,
      backend,
      input.history.live.get(input.stage)?.drift ?? {},
    )
    for (const check of input.checks) {
      const places = check.per === 'vantage' ? vantages : ['-']
      for (const vantage of places) {
        const evidence = input.history.evidence.get(evidenceKey(check.id, backend.id, vantage))
        judgeOne({ input, check, backend, vantage, evidence, plan, vantages, judged, aside })
      }
    }
  }
  const say = (id: string, names: readonly string[], text: string) => {
    if (names.length > 0) judged.aboutGate.push(aboutGate(id, `${text}: ${listed([...new Set(names)])}`))
  }
  say('gate.stale', aside.stale, `evidence is older than allowed, run \`lockgate verify ${input.stage}\` again`)
  say(
    'gate.foreign-plan',
    aside.foreign,
    `evidence belongs to another plan, run \`lockgate verify ${input.stage}\` again`,
  )
  say(
    'gate.sweep-missing',
    [...aside.sweep],
    `no full port sweep that counts, run \`lockgate verify ${input.stage} --sweep\``,
  )
  say('gate.missing', aside.missing, `never verified, run \`lockgate verify ${input.stage}\``)
  say('gate.simulated', aside.simulated, 'evidence comes from a simulated network, which opens no gate')
  return judged
}

interface One {
  readonly input: GateInput
  readonly check: Check
  readonly backend: Backend
  readonly vantage: string
  readonly evidence: Evidence | undefined
  readonly plan: string | null
  readonly vantages: readonly string[]
  readonly judged: Judged
  readonly aside: {
    readonly stale: string[]
    readonly foreign: string[]
    readonly missing: string[]
    readonly simulated: string[]
    readonly sweep: Set<string>
  }
}

function judgeOne(one: One): void {
  const { input, check, backend, vantage, evidence, judged, aside } = one
  const required = isRequired(one)
  const name = check.per === 'vantage' ? `${check.id} of ${backend.id} from ${vantage}` : `${check.id} of ${backend.id}`
  const setAside = (list: string[]) => {
    if (check.sweep === 'full') aside.sweep.add(backend.id)
    else list.push(name)
  }
  if (!evidence) {
    if (required) setAside(aside.missing)
    return
  }
  const { verdict } = evidence
  const waiver = input.history.waivers.get(waiverKey(check.id, backend.id))
  const waived = verdict.status === 'fail' && waiver !== undefined && isInForce(waiver, input.now)
  judged.counts[waived ? 'waived' : verdict.status] += 1
  if (!required && !(check.sweep === 'full' && verdict.status === 'fail')) return
  const maxAge = check.sweep === 'full' ? input.settings.sweepMaxAge : input.settings.maxAge
  const age = input.now.getTime() - recordedAt(one)
  if (verdict.status === 'pass' || waived || allowedSkip(check, verdict)) {
    // evidence from the future says as little as evidence from long ago
    if (!(age <= maxAge && age >= -clockSlackMs)) setAside(aside.stale)
    else if (evidence.plan !== one.plan) setAside(aside.foreign)
    else if (evidence.simulated && !input.acceptSimulated) aside.simulated.push(name)
    return
  }
  const expired = verdict.status === 'fail' && waiver ? ` (${whyNotInForce(waiver, input.now)})` : ''
  judged.reasons.push({
    check: check.id,
    backend: backend.id,
    vantage: check.per === 'vantage' ? vantage : null,
    status: verdict.status as 'fail' | 'error' | 'skip',
    because: `${verdict.because}${expired}`,
  })
}

const whyNotInForce = ({ owner, at, until }: WaiverRecord, now: Date): string =>
  new Date(until) > now
    ? `the waiver of ${owner} does not count: from ${at} until ${until}, and ${mostWaiverDays} days are the most`
    : `the waiver of ${owner} expired ${until}`

/** What was recorded before something else is no younger than that, whatever the clock said then. */
function recordedAt({ input, check, backend, vantage, evidence }: One): number {
  const key = evidenceKey(check.id, backend.id, vantage)
  const said = new Date(evidence?.at ?? Number.NaN).getTime()
  return Math.min(said, input.history.recordedBy.get(key) ?? said)
}

const allowedSkip = (check: Check, verdict: Evidence['verdict']): boolean =>
  verdict.status === 'skip' &&
  (check.skips ?? []).some((cause) => verdict.because === cause || verdict.because.startsWith(`${cause}:`))

/** A warning blocks where the check that excuses it has not passed from every vantage. */
function isRequired({ input, check, backend, vantages }: One): boolean {
  if (check.sweep === 'full' && input.settings.sweep !== 'full') return false
  if (check.severity === 'blocker') return true
  const { warningWhile } = check
  if (warningWhile === undefined) return false
  return !vantages.every(
    (one) => input.history.evidence.get(evidenceKey(warningWhile, backend.id, one))?.verdict.status === 'pass',
  )
}
