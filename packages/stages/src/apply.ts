/** `lockgate apply`: renders, changes all hosts of the wave as one transaction, and verifies what it touched. */
import { checksOf } from '@lockgate/checks'
import { engineRuns } from '@lockgate/discovery'
import { type answers, type Backend, LockgateError, type StageId } from '@lockgate/model'
import { chooseBackends, idsWith, nextRollouts } from './choose-backends.ts'
import { configDigest } from './config-digest.ts'
import { decideGate } from './gate.ts'
import { appliedBackends, type History, pendingApply } from './history.ts'
import { type IdpChange, isWayBack, prepareIdpChange } from './keycloak/idp-change.ts'
import { findMissingProgram } from './missing-program.ts'
import { preflight } from './preflight.ts'
import { type ProbeTask, probeAll } from './probe-all.ts'
import type { ApplyRecord } from './records.ts'
import { gatherFacts, renderStage, type StagePlan } from './render-stage.ts'
import { type RolloutMode, type Rollouts, rolloutsOf } from './rollout.ts'
import { recoverWhole, withinWindow } from './settle-transaction.ts'
import { stages } from './stage-list.ts'
import { openSurroundings } from './surroundings.ts'
import { findTakeovers, type SampleOptions, tryTakeovers } from './takeover/trial.ts'
import { transact } from './transact.ts'
import type { TransactionOutcome } from './transaction.ts'
import { verifyStage } from './verify.ts'
import type { Workspace } from './workspace.ts'

export interface ApplyOptions {
  readonly stage: StageId
  readonly wave?: string
  /** How far the wave comes in stage identity; `none` takes it out again. Other stages have no modes. */
  readonly mode: RolloutMode
  /** Share of sessions that canary denies, 0 to 100. */
  readonly percent: number
  /** Milliseconds; 0 switches the confirmation off. */
  readonly confirmWithin: number
  readonly sample: SampleOptions
}

export interface Applied {
  readonly answer: answers.ApplyAnswer
  /** Set where it was not applied, or applied and then not verified; `answer.applied` tells which. */
  readonly error: LockgateError | null
  /** The stages before it and itself as verified at the end, for what it touched; empty where that did not come to its end. */
  readonly verified: readonly answers.VerifyStage[]
}

export async function applyStage(workspace: Workspace, options: ApplyOptions): Promise<Applied> {
  const { stage } = options
  const chosen = chooseBackends(workspace, options.wave)
  await workspace.lock()
  await recoverWhole(workspace)
  const { history, problems } = await workspace.readState()
  if (problems.length > 0)
    throw new LockgateError('LG3101', `the log is damaged, so nothing is applied: ${problems.join('; ')}`)
  refusePending(history)
  refuseLocked(workspace, stage, history, options.wave)
  await preflight(workspace.settings, workspace.pool, workspace.signal)
  const ids = idsWith(workspace, history, chosen)
  const rollouts = nextRollouts(workspace, history, options)
  const facts = await gatherFacts(workspace)
  const plan = renderStage({ stage, settings: workspace.settings, ids, facts, rollouts })
  const touched = touchedBackends(workspace, chosen, plan, history)
  refuseGaps(plan)
  const unfit = (await findMissingProgram(plan.targets, workspace.pool)) ?? (await findDownEngine(workspace, plan))
  if (unfit) return notApplied(stage, unfit)
  const idp = await idpChangeOf(workspace, options, chosen, history)
  if (idp instanceof LockgateError) return notApplied(stage, idp)
  let atIdp: answers.IdpApplied | null = null
  const taken = await findTakeovers(workspace, chosen, history)
  const trial = taken.length > 0 ? await tryTakeovers(workspace, stage, taken, facts, history, options.sample) : null
  if (trial?.error) return notApplied(stage, trial.error, trial.sample)
  const outcome = await transact(
    workspace,
    {
      stage,
      kind: 'apply',
      wave: options.wave ?? null,
      put: plan.targets,
      takeOut: [],
      backends: backendRecords(workspace, plan, rollouts),
      removed: [],
      confirmWithin: options.confirmWithin,
      lookAfter: () => lookThrough(workspace, touched, rollouts),
      changeLast: async () => {
        atIdp = (await idp?.()) ?? null
      },
    },
    history,
  )
  const done = await finish(workspace, stage, outcome, touched, options.confirmWithin)
  const more = { ...(trial ? { sample: [...trial.sample] } : {}), ...(atIdp ? { idp: atIdp } : {}) }
  return { ...done, answer: { ...done.answer, ...more } }
}

/** An error: Keycloak cannot be changed, which is known before a host is touched. */
async function idpChangeOf(
  workspace: Workspace,
  { stage, mode }: ApplyOptions,
  chosen: readonly Backend[],
  history: History,
): Promise<IdpChange | LockgateError | null> {
  if (stage !== 'identity' || isWayBack(chosen, rolloutsOf(history), mode)) return null
  return prepareIdpChange(workspace, stage).catch((cause: unknown) => {
    if (!(cause instanceof LockgateError)) throw cause
    return new LockgateError(cause.code, `${cause.message}. No host was touched; correct it and apply again`, { cause })
  })
}

function refusePending(history: History): void {
  const pending = pendingApply(history)
  if (!pending) return
  throw new LockgateError(
    'LG2002',
    `the change ${pending.tx} waits until ${pending.confirmBy}; run \`lockgate confirm\` or \`lockgate rollback\` first`,
  )
}

/** A stage before it that is shut locks it; for a wave only that wave's backends count. */
function refuseLocked(workspace: Workspace, stage: StageId, history: History, wave: string | undefined): void {
  const { settings } = workspace
  const only = wave ? { only: new Set(settings.backends.filter((one) => one.wave === wave).map((one) => one.id)) } : {}
  for (const before of stages.slice(
    0,
    stages.findIndex((one) => one.id === stage),
  )) {
    const decision = decideGate({
      stage: before.id,
      settings,
      checks: checksOf(before.id),
      history,
      logProblems: [],
      now: workspace.now(),
      acceptSimulated: workspace.simulated ?? false,
      ...only,
    })
    if (decision.gate === 'shut')
      throw new LockgateError('LG2001', `${before.id} is shut: ${decision.reasons[0]?.because}`)
  }
}

function refuseGaps(plan: StagePlan): void {
  const gap = plan.gaps.find((one) => one.required)
  if (!gap) return
  const who = [gap.edge, gap.backend].filter(Boolean).join(', ')
  throw new LockgateError(
    'LG2005',
    `${who}: ${gap.feature} cannot be had: ${gap.because}; \`lockgate plan ${plan.stage}\` lists all gaps`,
  )
}

/** A reload of Apache would start it, which is its operator's to do; nothing is touched where an engine is down. */
async function findDownEngine(workspace: Workspace, plan: StagePlan): Promise<LockgateError | null> {
  for (const target of plan.targets) {
    const edge = workspace.settings.edges.find((one) => `edge:${one.id}` === target.id)
    if (!edge || (await engineRuns(edge, await workspace.pool.get(edge.via))) !== false) continue
    const start = target.start ? ` Start it: \`${target.start.join(' ')}\`` : ''
    return new LockgateError(
      'LG3006',
      `${edge.id}: ${edge.plane} is down, so nothing was changed.${start}, then apply again`,
    )
  }
  return null
}

/** A change to shared parts touches backends of other waves too. */
function touchedBackends(
  workspace: Workspace,
  chosen: readonly Backend[],
  plan: StagePlan,
  history: History,
): readonly Backend[] {
  const applied = appliedBackends(history)
  return workspace.settings.backends.filter((one) => {
    const next = plan.backends[one.id]
    return chosen.includes(one) || (next !== undefined && next !== applied.get(one.id)?.plan)
  })
}

/** The evidence of earlier stages belongs to the plan before it, so they are looked at again. */
async function verifyThrough(
  workspace: Workspace,
  stage: StageId,
  touched: readonly Backend[],
): Promise<readonly answers.VerifyStage[]> {
  const backends = touched.map((one) => one.id)
  const results: answers.VerifyStage[] = []
  for (const { id } of stages.slice(0, stages.findIndex((one) => one.id === stage) + 1))
    results.push(await verifyStage(workspace, { stage: id, backends, sweep: false }))
  return results
}

const notApplied = (stage: StageId, error: LockgateError, sample: readonly answers.Sampled[] = []): Applied => ({
  answer: {
    stage,
    applied: false,
    confirmBy: null,
    restored: [],
    because: error.message,
    ...(sample.length > 0 ? { sample: [...sample] } : {}),
  },
  error,
  verified: [],
})

export function backendRecords(workspace: Workspace, plan: StagePlan, rollouts: Rollouts): ApplyRecord['backends'] {
  const { settings } = workspace
  const edges = new Map(settings.edges.map((one) => [one.id, one]))
  return Object.fromEntries(
    settings.backends.flatMap((backend) => {
      const edge = edges.get(backend.edge)
      const digest = plan.backends[backend.id]
      if (!edge || !digest) return []
      const identity = rollouts[backend.id]
      const config = configDigest(backend, edge, identity ? settings : null)
      return [[backend.id, { plan: digest, config, ...(identity ? { identity } : {}) }] as const]
    }),
  )
}

/** Every touched backend must answer through the gateway from every vantage that can be asked. */
export async function lookThrough(
  workspace: Workspace,
  backends: readonly Backend[],
  rollouts: Rollouts,
): Promise<string | null> {
  const checks = checksOf('consolidate')
  const control = checks.find((one) => one.id === 'consolidate.brokered')
  if (!control) return null
  const surroundings = await openSurroundings(workspace, rollouts)
  const tasks = backends.flatMap((backend) =>
    surroundings.vantages
      .filter((at) => !surroundings.down.has(at.vantage.id))
      .map((at): ProbeTask => ({ check: control, backend, at, vantage: at.vantage.id })),
  )
  const planOf = () => ({ plan: null, since: null })
  const seen = await probeAll({ workspace, surroundings, planOf }, tasks)
  const wrong = seen.find((one) => one.verdict.status !== 'pass')
  if (!wrong || wrong.verdict.status === 'pass') return null
  return `${wrong.backend} does not answer through the proxy from ${wrong.vantage}: ${wrong.verdict.because}`
}

async function finish(
  workspace: Workspace,
  stage: StageId,
  outcome: TransactionOutcome,
  touched: readonly Backend[],
  confirmWithin: number,
): Promise<Applied> {
  if (!outcome.applied) {
    const { restored, because, error } = outcome
    return {
      answer: { stage, applied: false, confirmBy: null, restored: [...restored], because },
      error,
      verified: [],
    }
  }
  const answer = { stage, applied: true, confirmBy: outcome.confirmBy, restored: [] }
  try {
    const look = () => verifyThrough(workspace, stage, touched)
    const { result, confirmBy } = await withinWindow(workspace, confirmWithin, look)
    return { answer: { ...answer, confirmBy }, error: null, verified: result }
  } catch (cause) {
    const error = unverified(workspace, stage, outcome.confirmBy, cause)
    return { answer: { ...answer, because: error.message }, error, verified: [] }
  }
}

/** The change is in force by then, so whoever reads only the end must learn it. */
function unverified(workspace: Workspace, stage: StageId, confirmBy: string | null, cause: unknown): LockgateError {
  const { aborted } = workspace.signal
  if (!aborted && !(cause instanceof LockgateError)) throw cause
  const waits = confirmBy ? ` and waits for \`lockgate confirm\` until ${confirmBy}` : ''
  const why = aborted ? 'interrupted' : (cause as LockgateError).message
  const message = `the change is in force${waits}, but was not verified: ${why}. Next: lockgate verify ${stage}`
  return new LockgateError(aborted ? 'LG9001' : (cause as LockgateError).code, message, { cause })
}
