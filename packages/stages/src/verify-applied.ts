/** How an apply ends: what it touched is verified within the time that it has for its confirmation. */
import { type answers, type Backend, LockgateError, type StageId } from '@lockgate/model'
import { withinWindow } from './settle-transaction.ts'
import { stages } from './stage-list.ts'
import type { TransactionOutcome } from './transaction.ts'
import { verifyStage } from './verify.ts'
import type { Workspace } from './workspace.ts'

export interface Applied {
  readonly answer: answers.ApplyAnswer
  /** Set where it was not applied, or applied and then not verified; `answer.applied` tells which. */
  readonly error: LockgateError | null
  /** The stages before it and itself as verified at the end, for what it touched; empty where that did not come to its end. */
  readonly verified: readonly answers.VerifyStage[]
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

export async function verifyApplied(
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
