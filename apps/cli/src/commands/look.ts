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
import pc from 'picocolors'
import { type Context, toStage } from '../context.ts'
import type { Output } from '../output.ts'
import type { Add } from '../program.ts'
import { type RolloutOptions, rolloutOptions, toRollout } from '../rollout-options.ts'
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
        sayPlan(context.out, answer, differences)
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

const gateText = (gate: 'open' | 'shut'): string => (gate === 'open' ? pc.green('open') : pc.red('shut'))

export function sayVerify(out: Output, result: answers.VerifyStage): void {
  out.say(`${result.stage}: ${gateText(result.gate)}`)
  for (const reason of result.reasons) {
    const where = [reason.backend, reason.vantage && `from ${reason.vantage}`].filter(Boolean).join(' ')
    out.say(
      `  ${reason.status === 'fail' ? pc.red('✗') : pc.yellow('?')} ${reason.check}${where ? ` ${where}` : ''}: ${reason.because}`,
    )
  }
  const passed = result.evidence.filter((one) => one.verdict.status === 'pass').length
  out.say(
    pc.dim(`  ${passed} of ${result.evidence.length} probes passed; \`lockgate explain CHECK\` says how to fix one`),
  )
}

export function sayStatus(out: Output, answer: answers.StatusAnswer): void {
  for (const stage of answer.stages) {
    const notes = [
      stage.locked && stage.built ? 'locked' : null,
      stage.built ? null : 'not built in this version',
    ].filter(Boolean)
    out.say(
      `${stage.gate === 'open' ? '●' : '○'} ${stage.id.padEnd(12)} ${gateText(stage.gate)}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`,
    )
    if (stage.built) for (const because of stage.because) out.say(`    ${because}`)
  }
  if (answer.pending) out.say(pc.yellow(`waits for \`lockgate confirm\` until ${answer.pending.confirmBy}`))
}

function sayPlan(out: Output, answer: answers.PlanAnswer, differences: readonly (() => string)[]): void {
  for (const [index, file] of answer.files.entries()) {
    out.say(
      `${file.change.padEnd(6)} ${file.path} (${typeof file.via === 'string' ? file.via : Object.entries(file.via)[0]?.join(' ')}, ${file.mode})`,
    )
    if (file.change === 'update')
      for (const line of (differences[index]?.() ?? '').split('\n')) out.say(pc.dim(`    ${line}`))
  }
  for (const command of answer.commands) out.say(`${command.phase.padEnd(6)} ${command.argv.join(' ')}`)
  for (const step of answer.steps) out.say(`${step.done ? pc.green('done  ') : pc.yellow('step  ')} ${step.text}`)
  for (const gap of answer.gaps)
    out.say(
      `${gap.required ? pc.red('gap   ') : pc.dim('gap   ')} ${[gap.edge, gap.backend].filter(Boolean).join(' ')} ${gap.feature}: ${gap.because}`,
    )
  out.say(pc.dim(`${answer.digest}; nothing was changed. Next: lockgate apply ${answer.stage}`))
}

function sayScan(out: Output, answer: answers.ScanAnswer): void {
  for (const backend of answer.backends) {
    out.say(
      `${backend.known ? pc.green('known') : pc.yellow('new  ')} ${backend.id}  ${backend.upstream ?? '?'} → ${backend.public ?? '?'}`,
    )
    for (const { source, file, line } of backend.from)
      out.say(pc.dim(`    ${source}${file ? ` ${file}${line ? `:${line}` : ''}` : ''}`))
    for (const { address, port, by } of backend.exposed)
      out.say(pc.red(`    ${address} port ${port} accepts connections from ${by}`))
  }
  for (const { source, because } of answer.unread) out.say(pc.yellow(`unread ${source}: ${because}`))
}
