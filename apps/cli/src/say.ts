/** Answers as a person reads them. */
import type { answers } from '@lockgate/model'
import pc from 'picocolors'
import type { Output } from './output.ts'

const gateText = (gate: 'open' | 'shut'): string => (gate === 'open' ? pc.green('open') : pc.red('shut'))

export function sayVerify(out: Output, result: answers.VerifyStage): void {
  out.say(`${result.stage}: ${gateText(result.gate)}`)
  for (const reason of result.reasons) {
    const where = [reason.backend, reason.vantage && `from ${reason.vantage}`].filter(Boolean).join(' ')
    out.say(
      `  ${reason.status === 'fail' ? pc.red('✗') : pc.yellow('?')} ${reason.check}${where ? ` ${where}` : ''}: ${reason.because}`,
    )
  }
  const count = (status: string) => result.evidence.filter((one) => one.verdict.status === status).length
  const skipped = count('skip') > 0 ? `, ${count('skip')} had nothing to look at` : ''
  const rest = result.reasons.length > 0 ? '; `lockgate explain CHECK` says how to fix one' : ''
  out.say(pc.dim(`  ${count('pass')} of ${result.evidence.length} probes passed${skipped}${rest}`))
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

export function sayPlan(out: Output, answer: answers.PlanAnswer, differences: readonly (() => string)[]): void {
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

export function sayScan(out: Output, answer: answers.ScanAnswer): void {
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
