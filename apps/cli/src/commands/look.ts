/** Commands that look and change no host: scan, plan, verify, status. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type answers, LockgateError } from '@lockgate/model'
import {
  builtStages,
  planStage,
  readStatus,
  recover,
  refuseUnknown,
  scanSources,
  scanWithoutWorkspace,
  verifyStage,
  type Workspace,
} from '@lockgate/stages'
import type { Add } from '../command.ts'
import { type Context, toStage } from '../context.ts'
import { type RolloutOptions, rolloutOptions, toRollout } from '../rollout-options.ts'
import { sayPlan, sayScan, sayStatus, sayVerify } from '../say.ts'
import { collect } from './collect.ts'

export function addLook(add: Add): void {
  add<{ from: string[] }>(
    'scan',
    'what exists and is not yet in lockgate.yaml',
    (command) =>
      command.option(
        '--from <source>',
        'nginx:FILE apache:FILE envoy:FILE haproxy:FILE compose:FILE kubernetes:DIR hosts:FILE workspace:DIR access-log:FILE nmap:FILE net:CIDR',
        collect,
        [],
      ),
    (context, _args, { from }) => scan(context, from),
  )
  add<RolloutOptions>(
    'plan <stage>',
    'generate files, commands, steps and gaps, and compare them with what is live; changes nothing',
    rolloutOptions,
    async (context, [name = ''], options) => {
      const stage = toStage(name)
      const rollout = toRollout(stage, options)
      return context.withWorkspace(async (workspace) => {
        const { answer, differences } = await planStage(workspace, { stage, ...rollout })
        context.out.answer(answer)
        if (!context.options.json) sayPlan(context.out, answer, differences)
        return answer.gaps.some((one) => one.required) ? 1 : 0
      })
    },
  )
  add<{ backend?: string; vantage?: string; sweep?: boolean }>(
    'verify [stage]',
    'look from where users stand, record what was seen, decide the gate',
    (command) =>
      command
        .option('--backend <id>', 'probe this backend only')
        .option('--vantage <name>', 'probe from this vantage only')
        .option('--sweep', 'all 65,535 ports as well'),
    async (context, [stage], options) => {
      const ids = stage === undefined ? builtStages : [toStage(stage)]
      return context.withWorkspace(async (workspace) => {
        const only = {
          ...(options.backend ? { backends: [options.backend] } : {}),
          ...(options.vantage ? { vantage: options.vantage } : {}),
        }
        refuseUnknown(workspace.settings, only)
        if (await lockUnlessDamaged(workspace)) await recover(workspace)
        const results: answers.VerifyStage[] = []
        for (const id of ids)
          results.push(await verifyStage(workspace, { stage: id, sweep: options.sweep ?? false, ...only }))
        context.out.answer(stage === undefined ? { stages: results } : results[0])
        for (const result of results) sayVerify(context.out, result)
        return results.every((one) => one.gate === 'open') ? 0 : 1
      })
    },
  )
  add(
    'status',
    'every stage: open or shut, locked or not, and why',
    (command) => command,
    async (context) =>
      context.withWorkspace(async (workspace) => {
        const answer = await readStatus(workspace)
        context.out.answer(answer)
        sayStatus(context.out, answer)
        return answer.stages.every((one) => !one.built || one.gate === 'open') ? 0 : 1
      }),
  )
}

/** Sources can be read before there is a lockgate.yaml; then everything is new. */
async function scan(context: Context, from: readonly string[]): Promise<number> {
  const { out, signal } = context
  const alone = from.length > 0 && !hasWorkspace(context)
  const answer = alone
    ? await scanWithoutWorkspace(context.options.dir ?? process.cwd(), from, signal, out.progress)
    : await context.withWorkspace((workspace) => scanSources(workspace, from))
  out.answer(answer)
  sayScan(out, answer)
  return answer.backends.some((one) => !one.known || one.exposed.length > 0) ? 1 : 0
}

function hasWorkspace(context: Context): boolean {
  try {
    return existsSync(join(context.folder(), 'lockgate.yaml'))
  } catch (cause) {
    if (cause instanceof LockgateError && cause.code === 'LG1007') return false
    throw cause
  }
}

/** A damaged log takes no record more, but what is exposed is looked at all the same; its gate says `gate.tampered`. */
async function lockUnlessDamaged(workspace: Workspace): Promise<boolean> {
  try {
    await workspace.lock()
    return true
  } catch (cause) {
    if (cause instanceof LockgateError && cause.code === 'LG3101') return false
    throw cause
  }
}
