/** Decides a stage's gate from sealed records and the configuration. Pure: anyone with the log can decide it again. */
import type { answers, Backend, Settings } from '@lockgate/model'
import { aboutGate, listed } from './about-gate.ts'
import { clockSlackMs } from './clock-slack.ts'
import { configDigest } from './config-digest.ts'
import type { GateDecision, GateInput } from './gate-input.ts'
import { type AppliedBackend, appliedBackends, pendingApply } from './history.ts'
import { judgeEvidence } from './judge-evidence.ts'

type Reason = answers.Reason

function countedVantages(settings: Settings, demoted: readonly string[]): readonly Settings['vantages'][number][] {
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
    ...(input.checks.length === 0 ? [aboutGate('gate.missing', `no check of ${stage} is in this version`)] : []),
    ...clockReasons(input),
    ...userVantageReasons(input, vantages),
    ...planReasons(input, backends),
    ...liveReasons(input),
    ...seen.aboutGate,
    ...seen.reasons,
  ]
  return { gate: reasons.length === 0 ? 'open' : 'shut', reasons, counts: seen.counts }
}

/** A clock that was set back would make old evidence young again. */
function clockReasons({ history, now }: GateInput): readonly Reason[] {
  if (history.lastAt === null || now.getTime() >= history.lastAt - clockSlackMs) return []
  const last = new Date(history.lastAt).toISOString()
  return [
    aboutGate(
      'gate.stale',
      `the clock of this machine (${now.toISOString()}) is before the newest record of the log (${last}), so nobody can say how old evidence is: set the clock right`,
    ),
  ]
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
  const missing = backends.filter((one) => !isApplied(input, applied.get(one.id))).map((one) => one.id)
  const changed = backends
    .filter((one) => {
      const edge = edges.get(one.edge)
      const is = applied.get(one.id)
      return is && edge && is.config !== configDigest(one, edge, is.identity ? settings : null)
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
    ...rolloutReasons(input, backends, applied),
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

/** Stage identity is applied to a backend once it takes part, in whatever mode. */
const isApplied = ({ stage }: GateInput, is: AppliedBackend | undefined): boolean =>
  is !== undefined && (stage !== 'identity' || is.identity !== undefined)

/** What is only observed is denied to nobody. */
function rolloutReasons(
  { stage }: GateInput,
  backends: readonly Backend[],
  applied: ReadonlyMap<string, AppliedBackend>,
): readonly Reason[] {
  if (stage !== 'identity') return []
  const waves = Map.groupBy(
    backends.flatMap((one) => {
      const identity = applied.get(one.id)?.identity
      return identity && identity.mode !== 'enforce' ? [{ ...identity, id: one.id, wave: one.wave }] : []
    }),
    (one) => one.wave,
  )
  return [...waves].map(([wave, of]) =>
    aboutGate(
      'gate.not-enforced',
      `the wave ${wave} is not enforced yet: ${listed(of.map(({ id, mode, percent }) => (mode === 'canary' ? `${id} (canary, ${percent} %)` : `${id} (${mode})`)))}; run \`lockgate apply identity --wave ${wave} --mode enforce\``,
    ),
  )
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
