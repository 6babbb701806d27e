/** `lockgate verify`: probes, seals what was seen, and decides the gate from all sealed evidence. */
import { checksOf } from '@lockgate/checks'
import {
  type answers,
  type Backend,
  type Check,
  type Edge,
  type Evidence,
  LockgateError,
  type Settings,
  type StageId,
} from '@lockgate/model'
import { decideGate } from './gate.ts'
import { type AppliedBackend, appliedBackends, appliedTargets, type History } from './history.ts'
import { checkSteps, readDrift, routesByPlace } from './live.ts'
import { livePlan } from './live-plan.ts'
import { type ProbeTask, probeAll } from './probe-all.ts'
import type { LiveRecord, LogRecord } from './records.ts'
import { gatherFacts, renderStage } from './render-stage.ts'
import { rolloutsOf, wanted } from './rollout.ts'
import { openSurroundings, type Surroundings } from './surroundings.ts'
import { openRemovals } from './takeover/occupied.ts'
import type { Workspace } from './workspace.ts'

export interface VerifyOptions {
  readonly stage: StageId
  readonly backends?: readonly string[]
  readonly vantage?: string
  readonly sweep: boolean
}

export async function verifyStage(workspace: Workspace, options: VerifyOptions): Promise<answers.VerifyStage> {
  const { stage } = options
  const { settings } = workspace
  refuseUnknown(settings, options)
  const before = await workspace.readState()
  const surroundings = await openSurroundings(workspace, rolloutsOf(before.history))
  const live = await readLiveState(workspace, stage, before.history, surroundings)
  const checks = checksOf(stage)
  const applied = appliedBackends(before.history)
  const planOf = (backend: Backend) => planAndSince(applied.get(backend.id), backend, live)
  const tasks = chooseTasks(settings, surroundings, checks, options)
  const alive = tasks.filter((task) => !surroundings.down.has(task.at.vantage.id))
  const seen = await probeAll({ workspace, surroundings, planOf }, alive)
  const evidence = [
    ...seen,
    ...tasks.filter((task) => !alive.includes(task)).map((task) => unasked(workspace, surroundings, task, planOf)),
  ]
  return seal(workspace, options.stage, checks, evidence, live, before.problems)
}

/** Throws LG1101 for a backend or vantage that lockgate.yaml does not name. */
export function refuseUnknown(settings: Settings, options: Pick<VerifyOptions, 'backends' | 'vantage'>): void {
  for (const id of options.backends ?? [])
    if (!settings.backends.some((one) => one.id === id))
      throw new LockgateError(
        'LG1101',
        `no backend is called ${id}; there are: ${settings.backends.map((one) => one.id).join(', ') || 'none'}`,
      )
  if (options.vantage && !settings.vantages.some((one) => one.id === options.vantage))
    throw new LockgateError(
      'LG1101',
      `no vantage is called ${options.vantage}; there are: ${settings.vantages.map((one) => one.id).join(', ') || 'none'}`,
    )
}

function planAndSince(applied: AppliedBackend | undefined, backend: Backend, live: LiveRecord) {
  return {
    plan: livePlan(applied?.plan ?? null, backend, live.drift),
    since: applied ? new Date(applied.at) : null,
  }
}

function chooseTasks(
  settings: Settings,
  surroundings: Surroundings,
  checks: readonly Check[],
  options: VerifyOptions,
): readonly ProbeTask[] {
  const backends = settings.backends.filter((one) => options.backends?.includes(one.id) ?? true)
  const vantages = surroundings.vantages.filter((one) => (options.vantage ?? one.vantage.id) === one.vantage.id)
  const standing =
    surroundings.vantages.find((one) => one.vantage.stands === 'users' && !surroundings.down.has(one.vantage.id)) ??
    surroundings.vantages[0]
  const chosen = checks.filter((one) => one.sweep !== 'full' || options.sweep)
  return backends.flatMap((backend) =>
    chosen.flatMap((check): ProbeTask[] => {
      if (check.per === 'vantage') return vantages.map((at) => ({ check, backend, at, vantage: at.vantage.id }))
      if (options.vantage || !standing) return []
      return [{ check, backend, at: standing, vantage: '-' }]
    }),
  )
}

function unasked(
  workspace: Workspace,
  surroundings: Surroundings,
  task: ProbeTask,
  planOf: (backend: Backend) => { plan: string | null },
): Evidence {
  return {
    check: task.check.id,
    backend: task.backend.id,
    vantage: task.vantage,
    at: workspace.now().toISOString(),
    plan: planOf(task.backend).plan,
    facts: null,
    verdict: {
      status: 'error',
      because: `the vantage ${task.at.vantage.id} cannot be asked: ${surroundings.down.get(task.at.vantage.id)}`,
    },
  }
}

async function readLiveState(
  workspace: Workspace,
  stage: StageId,
  history: History,
  surroundings: Surroundings,
): Promise<LiveRecord> {
  const { settings, pool } = workspace
  const applied = appliedTargets(history)
  const inForce = appliedBackends(history)
  const routesOf = async (edge: Edge) => (await surroundings.edges.get(edge.id)?.routes())?.routes ?? []
  const removals = () =>
    openRemovals({ ...settings, backends: settings.backends.filter((one) => inForce.has(one.id)) }, routesOf)
  const base = { type: 'live' as const, stage, at: workspace.now().toISOString(), demoted: surroundings.demoted }
  try {
    const plan = renderStage({
      stage,
      settings,
      ids: new Set(settings.backends.map((one) => one.id)),
      facts: await gatherFacts(workspace),
      rollouts: wanted(stage, settings, rolloutsOf(history)),
    })
    const readLives = new Map(plan.targets.map((one) => [one.id, one.readLive]))
    const drift = await readDrift(applied, (id) => readLives.get(id) ?? null, pool)
    const steps =
      applied.size === 0
        ? []
        : await checkSteps([...plan.steps, ...(await removals())], pool, routesByPlace(settings.edges, routesOf))
    return {
      ...base,
      drift,
      openSteps: steps.filter((one) => !one.done).map((one) => one.text),
      gaps: plan.gaps.filter((one) => one.required),
    }
  } catch (cause) {
    if (!(cause instanceof LockgateError) || cause.exit !== 3) throw cause
    const drift = await readDrift(applied, () => null, pool)
    return { ...base, drift, openSteps: [], gaps: [] }
  }
}

async function seal(
  workspace: Workspace,
  stage: StageId,
  checks: readonly Check[],
  evidence: readonly Evidence[],
  live: LiveRecord,
  problems: readonly string[],
): Promise<answers.VerifyStage> {
  const records: LogRecord[] = [...evidence.map((one): LogRecord => ({ type: 'evidence', stage, evidence: one })), live]
  if (problems.length === 0) await workspace.append(records)
  const after = await workspace.readState()
  const decision = decideGate({
    stage,
    settings: workspace.settings,
    checks,
    history: after.history,
    logProblems: [...new Set([...problems, ...after.problems])],
    now: workspace.now(),
    acceptSimulated: workspace.simulated ?? false,
  })
  const at = workspace.now().toISOString()
  if (problems.length === 0)
    await workspace.append([{ type: 'gate', stage, at, gate: decision.gate, reasons: decision.reasons.length }])
  const found = problems.length === 0 ? [] : foundNow(evidence, decision.reasons)
  return {
    stage,
    gate: decision.gate,
    at,
    reasons: [...decision.reasons, ...found],
    evidence: [...evidence] as answers.VerifyStage['evidence'],
  }
}

/** With a damaged log nothing is sealed; what was found just now is said all the same. */
function foundNow(evidence: readonly Evidence[], reasons: readonly answers.Reason[]): readonly answers.Reason[] {
  return evidence.flatMap((one) => {
    const { verdict } = one
    if (verdict.status === 'pass' || verdict.status === 'skip') return []
    const known = reasons.some((reason) => reason.check === one.check && reason.backend === one.backend)
    return known
      ? []
      : [
          {
            check: one.check,
            backend: one.backend,
            vantage: one.vantage === '-' ? null : one.vantage,
            status: verdict.status,
            because: verdict.because,
          },
        ]
  })
}
