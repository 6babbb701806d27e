/** Decides a stage's gate from sealed records and the configuration. Pure: anyone with the log can decide it again. */
import type { answers, Backend, Check, Evidence, Settings, StageId } from '@lockgate/model'
import { configDigest } from './config-digest.ts'
import { appliedBackends, evidenceKey, type History, pendingApply, waiverKey } from './history.ts'
import { livePlan } from './live-plan.ts'

type Reason = answers.Reason

export interface GateInput {
  readonly stage: StageId
  readonly settings: Settings
  readonly checks: readonly Check[]
  readonly history: History
  /** What verifying the log found; not empty shuts every gate. */
  readonly logProblems: readonly string[]
  readonly now: Date
  /** Only the demo without namespaces may count simulated evidence. */
  readonly acceptSimulated: boolean
  /** Only these backends are looked at, to judge a wave; all where absent. */
  readonly only?: ReadonlySet<string>
}

export interface Counts {
  pass: number
  fail: number
  error: number
  skip: number
  waived: number
}

export interface GateDecision {
  readonly gate: 'open' | 'shut'
  readonly reasons: readonly Reason[]
  readonly counts: Readonly<Counts>
}

const aboutGate = (check: string, because: string): Reason => ({
  check,
  backend: null,
  vantage: null,
  status: 'fail',
  because,
})

const listed = (names: readonly string[]): string =>
  names.length <= 5 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`

/** Vantages where evidence is needed: those that stand with users or peers and not on an edge's own network. */
export function countedVantages(
  settings: Settings,
  demoted: readonly string[],
): readonly Settings['vantages'][number][] {
  return settings.vantages.filter((one) => one.stands !== 'proxy' && !demoted.includes(one.id))
}

export function decideGate(input: GateInput): GateDecision {
  const { settings, history, stage } = input
  const backends = settings.backends.filter((one) => input.only?.has(one.id) ?? true)
  const live = history.live.get(stage)
  const vantages = countedVantages(settings, live?.demoted ?? [])
  const seen = judgeEvidence(
    input,
    backends,
    vantages.map((one) => one.id),
  )
  const reasons = [
    ...input.logProblems.map((problem) => aboutGate('gate.tampered', problem)),
    ...(backends.length === 0
      ? [aboutGate('gate.no-backends', 'lockgate.yaml names no backend; `lockgate scan` finds some')]
      : []),
    ...userVantageReasons(input, vantages),
    ...planReasons(input, backends),
    ...liveReasons(input),
    ...seen.aboutGate,
    ...seen.reasons,
  ]
  return { gate: reasons.length === 0 ? 'open' : 'shut', reasons, counts: seen.counts }
}

function userVantageReasons(input: GateInput, vantages: Settings['vantages']): readonly Reason[] {
  if (vantages.some((one) => one.stands === 'users')) return []
  const demoted = input.history.live.get(input.stage)?.demoted ?? []
  const because =
    demoted.length > 0
      ? `${listed(demoted)} stands on the network of the proxy itself, so nothing was looked at from where users are; add a vantage elsewhere`
      : 'no vantage stands where users are; add one to vantages with stands: users'
  return [aboutGate('gate.no-user-vantage', because)]
}

function planReasons(input: GateInput, backends: readonly Backend[]): readonly Reason[] {
  const { history, settings } = input
  const applied = appliedBackends(history)
  const edges = new Map(settings.edges.map((one) => [one.id, one]))
  const missing = backends.filter((one) => !applied.has(one.id)).map((one) => one.id)
  const changed = backends
    .filter((one) => {
      const edge = edges.get(one.edge)
      const is = applied.get(one.id)
      return is && edge && is.config !== configDigest(one, edge)
    })
    .map((one) => one.id)
  const pending = pendingApply(history)
  const gone = [...applied.keys()].filter((id) => !settings.backends.some((one) => one.id === id))
  return [
    ...(missing.length > 0
      ? [
          aboutGate(
            'gate.not-applied',
            `not applied yet for ${listed(missing)}: run \`lockgate plan ${input.stage}\`, then \`lockgate apply ${input.stage}\``,
          ),
        ]
      : []),
    ...(changed.length > 0
      ? [
          aboutGate(
            'gate.foreign-plan',
            `lockgate.yaml changed since it was applied for ${listed(changed)}: run \`lockgate apply ${input.stage}\``,
          ),
        ]
      : []),
    ...(gone.length > 0 && !input.only
      ? [
          aboutGate(
            'gate.foreign-plan',
            `applied, but no longer in lockgate.yaml: ${listed(gone)}; run \`lockgate remove ID\` or put them back`,
          ),
        ]
      : []),
    ...(pending
      ? [
          aboutGate(
            'gate.unconfirmed',
            pending.kind === 'break-glass'
              ? `break-glass is open until ${pending.confirmBy}`
              : `the change waits for \`lockgate confirm\` until ${pending.confirmBy}`,
          ),
        ]
      : []),
  ]
}

function liveReasons(input: GateInput): readonly Reason[] {
  const live = input.history.live.get(input.stage)
  if (!live) return []
  const drift = Object.entries(live.drift).flatMap(([target, changes]) =>
    changes.map((change) => `${target}: ${change}`),
  )
  return [
    ...(drift.length > 0
      ? [aboutGate('gate.foreign-plan', `what is live is not what was applied: ${listed(drift)}`)]
      : []),
    ...live.gaps.filter((one) => one.required).map((one) => aboutGate('gate.gap', `${one.feature}: ${one.because}`)),
    ...(live.openSteps.length > 0
      ? [aboutGate('gate.steps-open', `to be done by a person: ${live.openSteps.join('; ')}`)]
      : []),
  ]
}

interface Judged {
  readonly reasons: Reason[]
  readonly aboutGate: Reason[]
  readonly counts: Counts
}

function judgeEvidence(input: GateInput, backends: readonly Backend[], vantages: readonly string[]): Judged {
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
  const waived = verdict.status === 'fail' && waiver !== undefined && new Date(waiver.until) > input.now
  judged.counts[waived ? 'waived' : verdict.status] += 1
  if (!required && !(check.sweep === 'full' && verdict.status === 'fail')) return
  const maxAge = check.sweep === 'full' ? input.settings.sweepMaxAge : input.settings.maxAge
  const age = input.now.getTime() - new Date(evidence.at).getTime()
  if (verdict.status === 'pass' || waived || allowedSkip(check, verdict)) {
    // evidence from the future says as little as evidence from long ago
    if (!(age <= maxAge && age >= -60_000)) setAside(aside.stale)
    else if (evidence.plan !== one.plan) setAside(aside.foreign)
    else if (evidence.simulated && !input.acceptSimulated) aside.simulated.push(name)
    return
  }
  const expired = verdict.status === 'fail' && waiver ? ` (the waiver of ${waiver.owner} expired ${waiver.until})` : ''
  judged.reasons.push({
    check: check.id,
    backend: backend.id,
    vantage: check.per === 'vantage' ? vantage : null,
    status: verdict.status as 'fail' | 'error' | 'skip',
    because: `${verdict.because}${expired}`,
  })
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
