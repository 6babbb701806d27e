/** `lockgate remove`, `uninstall` and `break-glass`: take what Lockgate put on hosts back out. */
import { type Backend, LockgateError, type StageId } from '@lockgate/model'
import { backendRecords } from './backend-records.ts'
import { appliedBackends, appliedTargets, type History, pendingApply } from './history.ts'
import { lookThrough } from './look-through.ts'
import { gatherFacts, renderStage } from './render-stage.ts'
import { rolloutsOf } from './rollout.ts'
import { recoverWhole } from './settle-transaction.ts'
import { transact } from './transact.ts'
import type { TransactionOutcome } from './transaction.ts'
import { parseUntil } from './waive.ts'
import type { Workspace } from './workspace.ts'

const stage: StageId = 'consolidate'

async function readyState(workspace: Workspace): Promise<History> {
  await workspace.lock()
  await recoverWhole(workspace)
  const { history, problems } = await workspace.readState()
  if (problems.length > 0) throw new LockgateError('LG3101', `the log is damaged: ${problems.join('; ')}`)
  const pending = pendingApply(history)
  if (pending)
    throw new LockgateError(
      'LG2002',
      `the change ${pending.tx} waits until ${pending.confirmBy}; confirm it or roll it back first`,
    )
  return history
}

/** Renders without the backends that go; targets that no backend needs any more are taken out whole. */
async function takeOut(
  workspace: Workspace,
  history: History,
  goes: readonly string[],
  confirmWithin: number,
  kind: 'remove' | 'break-glass',
): Promise<TransactionOutcome> {
  const { settings } = workspace
  const applied = appliedBackends(history)
  const facts = await gatherFacts(workspace)
  const rollouts = rolloutsOf(history)
  const stay = new Set(
    [...applied.keys()].filter((id) => !goes.includes(id) && settings.backends.some((one) => one.id === id)),
  )
  const after = renderStage({ stage, settings, ids: stay, facts, rollouts })
  const ids = new Set(settings.backends.map((one) => one.id))
  const whole = renderStage({ stage, settings, ids, facts, rollouts })
  const live = appliedTargets(history)
  const gone = whole.targets.filter(
    (one) =>
      live.has(one.id) && live.get(one.id)?.generation !== '' && !after.targets.some((left) => left.id === one.id),
  )
  const put = after.targets.filter((one) => live.has(one.id))
  const hostsOnly = kind === 'break-glass'
  return transact(
    workspace,
    {
      stage,
      kind,
      wave: null,
      put: hostsOnly ? put.filter((one) => !one.id.startsWith('edge:')) : put,
      takeOut: hostsOnly ? gone.filter((one) => !one.id.startsWith('edge:')) : gone,
      backends: backendRecords(workspace, after, rollouts),
      removed: hostsOnly ? [] : goes,
      confirmWithin,
      lookAfter: () =>
        hostsOnly
          ? Promise.resolve(null)
          : lookThrough(
              workspace,
              settings.backends.filter((one) => stay.has(one.id)),
              rollouts,
            ),
    },
    history,
  )
}

export async function removeBackend(
  workspace: Workspace,
  id: string,
  confirmWithin: number,
): Promise<TransactionOutcome> {
  const history = await readyState(workspace)
  if (!appliedBackends(history).has(id))
    throw new LockgateError('LG2009', `${id} is not applied, so nothing of it is on any host`)
  if (!workspace.settings.backends.some((one) => one.id === id))
    throw new LockgateError(
      'LG1101',
      `${id} is no longer in lockgate.yaml; put it back until it is removed, so that its hosts are known`,
    )
  return takeOut(workspace, history, [id], confirmWithin, 'remove')
}

export async function uninstall(workspace: Workspace): Promise<TransactionOutcome> {
  const history = await readyState(workspace)
  const all = [...appliedBackends(history).keys()]
  if (all.length === 0) throw new LockgateError('LG2009', 'nothing is applied, so nothing is on any host')
  return takeOut(workspace, history, all, 0, 'remove')
}

export interface BreakGlassOptions {
  readonly backend: string
  readonly owner: string
  readonly reason: string
  readonly until: string
}

const longest = 4 * 3_600_000

/** Opens the way around the proxy to one backend until a time; the hosts shut it again by their own timers. */
export async function breakGlass(workspace: Workspace, options: BreakGlassOptions): Promise<TransactionOutcome> {
  const until = parseUntil(options.until)
  const left = until.getTime() - workspace.now().getTime()
  if (!options.owner.trim() || !options.reason.trim())
    throw new LockgateError('LG2010', 'break-glass needs --owner WHO and --reason TEXT')
  if (left <= 0 || left > longest)
    throw new LockgateError('LG2010', `--until must lie within the next 4 hours; ${options.until} does not`)
  const history = await readyState(workspace)
  const backend = workspace.settings.backends.find((one: Backend) => one.id === options.backend)
  if (!backend || !appliedBackends(history).has(backend.id))
    throw new LockgateError('LG2009', `${options.backend} is not applied, so nothing shuts it`)
  const outcome = await takeOut(workspace, history, [backend.id], left, 'break-glass')
  if (outcome.applied)
    await workspace.append([
      {
        ...options,
        type: 'break-glass',
        until: until.toISOString(),
        at: workspace.now().toISOString(),
        tx: outcome.tx,
      },
    ])
  return outcome
}
