/** `lockgate apply`: renders, changes all hosts of the wave as one transaction, and verifies what it touched. */
import { type answers, type Backend, LockgateError, type StageId } from '@lockgate/model'
import { findDownEngine, refuseGaps, refuseLocked, refusePending } from './apply-refusals.ts'
import { backendRecords } from './backend-records.ts'
import { chooseBackends, idsWith, nextRollouts } from './choose-backends.ts'
import { appliedBackends, type History } from './history.ts'
import { type IdpChange, isWayBack, prepareIdpChange } from './keycloak/idp-change.ts'
import { lookThrough } from './look-through.ts'
import { findMissingProgram } from './missing-program.ts'
import { preflight } from './preflight.ts'
import { gatherFacts, renderStage, type StagePlan } from './render-stage.ts'
import { type RolloutMode, type Rollouts, rolloutsOf } from './rollout.ts'
import { recoverWhole } from './settle-transaction.ts'
import { findTakeovers, type SampleOptions, tryTakeovers } from './takeover/trial.ts'
import { transact } from './transact.ts'
import type { TransactionRequest } from './transaction.ts'
import { type Applied, verifyApplied } from './verify-applied.ts'
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

export async function applyStage(workspace: Workspace, options: ApplyOptions): Promise<Applied> {
  const { stage } = options
  const chosen = chooseBackends(workspace, options.wave)
  const history = await readyHistory(workspace, options)
  const facts = await gatherFacts(workspace)
  const rollouts = nextRollouts(workspace, history, options)
  const ids = idsWith(workspace, history, chosen)
  const plan = renderStage({ stage, settings: workspace.settings, ids, facts, rollouts })
  refuseGaps(plan)
  const unfit = (await findMissingProgram(plan.targets, workspace.pool)) ?? (await findDownEngine(workspace, plan))
  if (unfit) return notApplied(stage, unfit)
  const idp = await idpChangeOf(workspace, options, chosen, history)
  if (idp instanceof LockgateError) return notApplied(stage, idp)
  const taken = await findTakeovers(workspace, chosen, history)
  const trial = taken.length > 0 ? await tryTakeovers(workspace, stage, taken, facts, history, options.sample) : null
  if (trial?.error) return notApplied(stage, trial.error, trial.sample)
  const touched = touchedBackends(workspace, chosen, plan, history)
  const change = { options, plan, rollouts, touched, idp }
  const done = await putInForce(workspace, change, history)
  return trial ? { ...done, answer: { ...done.answer, sample: [...trial.sample] } } : done
}

/** What was applied before; refuses where the log is damaged, a change is pending, or a stage before is shut. */
async function readyHistory(workspace: Workspace, { stage, wave }: ApplyOptions): Promise<History> {
  await workspace.lock()
  await recoverWhole(workspace)
  const { history, problems } = await workspace.readState()
  if (problems.length > 0)
    throw new LockgateError('LG3101', `the log is damaged, so nothing is applied: ${problems.join('; ')}`)
  refusePending(history)
  refuseLocked(workspace, stage, history, wave)
  await preflight(workspace.settings, workspace.pool, workspace.signal)
  return history
}

interface Change {
  readonly options: ApplyOptions
  readonly plan: StagePlan
  readonly rollouts: Rollouts
  readonly touched: readonly Backend[]
  readonly idp: IdpChange | null
}

async function putInForce(workspace: Workspace, change: Change, history: History): Promise<Applied> {
  const { options, plan, rollouts, touched } = change
  let atIdp: answers.IdpApplied | null = null
  const request: TransactionRequest = {
    stage: options.stage,
    kind: 'apply',
    wave: options.wave ?? null,
    put: plan.targets,
    takeOut: [],
    backends: backendRecords(workspace, plan, rollouts),
    removed: [],
    confirmWithin: options.confirmWithin,
    lookAfter: () => lookThrough(workspace, touched, rollouts),
    changeLast: async () => {
      atIdp = (await change.idp?.()) ?? null
    },
  }
  const outcome = await transact(workspace, request, history)
  const done = await verifyApplied(workspace, options.stage, outcome, touched, options.confirmWithin)
  return atIdp ? { ...done, answer: { ...done.answer, idp: atIdp } } : done
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
