/** `lockgate plan`: what would be written, run and done by hand, compared with what is live; changes nothing. */
import type { answers, StageId } from '@lockgate/model'
import { compareTarget, difference, type FileChange } from './changes.ts'
import { appliedTargets } from './history.ts'
import { checkSteps } from './live.ts'
import { preflight } from './preflight.ts'
import { gatherFacts, renderStage } from './render-stage.ts'
import type { Workspace } from './workspace.ts'

export interface Planned {
  readonly answer: answers.PlanAnswer
  /** By path, the lines that differ from what is live. */
  readonly differences: ReadonlyMap<string, string>
}

export async function planStage(workspace: Workspace, stage: StageId): Promise<Planned> {
  const { settings, pool } = workspace
  const { history } = await workspace.readState()
  const applied = appliedTargets(history)
  await preflight(settings, pool, workspace.signal)
  const facts = await gatherFacts(settings, pool)
  const plan = renderStage(stage, settings, new Set(settings.backends.map((one) => one.id)), facts)
  const files: answers.PlanAnswer['files'] = []
  const differences = new Map<string, string>()
  for (const target of plan.targets) {
    const change = await compareTarget(target, 'put', applied.get(target.id), pool)
    for (const file of change.files) {
      if (!file.after) continue
      if (file.change !== 'same') differences.set(file.path, explain(file))
      files.push({
        via: target.via,
        path: file.path,
        mode: file.after.mode.toString(8).padStart(4, '0'),
        content: file.after.content,
        change: file.change as 'create' | 'update' | 'same',
      })
    }
  }
  const commands = plan.targets.flatMap(({ via, test, reload }) => [
    ...test.map((argv) => ({ via, argv: [...argv], phase: 'test' as const })),
    ...reload.map((argv) => ({ via, argv: [...argv], phase: 'reload' as const })),
  ])
  const steps = (await checkSteps(plan.steps, pool)).map(({ via, file, line, text, done }) => ({
    via,
    file,
    line,
    text,
    done,
  }))
  return { answer: { stage, digest: plan.digest, files, commands, steps, gaps: [...plan.gaps] }, differences }
}

const explain = (file: FileChange): string =>
  file.foreign ? `${file.foreign}; apply will refuse it\n${difference(file)}` : difference(file)
