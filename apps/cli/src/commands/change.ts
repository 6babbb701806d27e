/** Commands that change hosts: apply, confirm, rollback, remove, uninstall, break-glass. */
import { type answers, LockgateError } from '@lockgate/model'
import {
  type ApplyOptions,
  applyStage,
  breakGlass,
  confirmTransaction,
  removeBackend,
  rollback,
  type TransactionOutcome,
  uninstall,
} from '@lockgate/stages'
import pc from 'picocolors'
import { askYes } from '../ask.ts'
import type { Add } from '../command.ts'
import { type Context, toStage } from '../context.ts'
import { parseDuration } from '../durations.ts'
import { type Output, reportError } from '../output.ts'
import { type RolloutOptions, rolloutOptions, toRollout } from '../rollout-options.ts'
import { sayVerify } from '../say.ts'

export function addChange(add: Add): void {
  add<ApplyFlags>(
    'apply <stage>',
    'put the plan on the hosts of a wave, as one transaction that restores itself',
    (command) =>
      rolloutOptions(command)
        .option('--confirm-within <duration>', 'restore everything if not confirmed in time; 0 switches it off', '5m')
        .option('--sample <file>', 'an access log; its GETs must be answered as by the virtual hosts that are replaced')
        .option('--sample-size <number>', 'how many of its newest different requests', '200')
        .option('--accept-differences', 'take over though the sample is answered otherwise; it is recorded'),
    (context, [stage = ''], options) => apply(context, stage, options),
  )
  add(
    'confirm',
    'keep the change that waits',
    (command) => command,
    (context) => confirm(context),
  )
  add<{ wave?: string; confirmWithin: string }>(
    'rollback [stage]',
    'put the hosts back to what they were before the newest change',
    (command) =>
      command
        .option('--wave <name>', 'take this wave out of the stage identity, and leave the others as they are')
        .option('--confirm-within <duration>', 'with --wave: as for apply', '5m'),
    async (context, [stage], { wave, confirmWithin }) => {
      if (wave !== undefined) return takeWaveOut(context, stage, wave, confirmWithin)
      return context.withWorkspace(async (workspace) => {
        const { restored, left, tx } = await rollback(workspace, stage === undefined ? null : toStage(stage))
        context.out.answer({ tx, restored, left })
        for (const { path } of restored) context.out.say(`restored ${path}`)
        for (const one of left) context.out.say(pc.red(one))
        context.out.say(left.length === 0 ? 'everything is as it was before' : 'not everything could be put back')
        return left.length === 0 ? 0 : 1
      })
    },
  )
  add<{ confirmWithin: string }>(
    'remove <backend>',
    'take what Lockgate put there for one backend back out',
    (command) =>
      command.option('--confirm-within <duration>', 'restore if not confirmed in time; 0 switches it off', '5m'),
    async (context, [backend = ''], options) => {
      const within = parseDuration(options.confirmWithin, '--confirm-within')
      if (!(await askYes(context, `Take everything of ${backend} out of the proxy and the firewall?`))) return 1
      return context.withWorkspace(async (workspace) =>
        answerTransaction(context, await removeBackend(workspace, backend, within)),
      )
    },
  )
  add(
    'uninstall',
    'take all files, rules and tables of Lockgate back out of every host',
    (command) => command,
    async (context) => {
      if (!(await askYes(context, 'Take all that Lockgate put on every host back out?'))) return 1
      return context.withWorkspace(async (workspace) => answerTransaction(context, await uninstall(workspace)))
    },
  )
  add<{ backend: string; owner: string; reason: string; until: string }>(
    'break-glass',
    'open the way around the proxy to one backend until a time, at most 4 hours; logged, in every report',
    (command) =>
      command
        .requiredOption('--backend <id>', 'the backend to open')
        .requiredOption('--owner <who>', 'who answers for it')
        .requiredOption('--reason <text>', 'why, for the report')
        .requiredOption('--until <time>', 'such as 2027-03-31T18:00:00Z'),
    async (context, _args, { backend, owner, reason, until }) => {
      if (!(await askYes(context, `Open ${backend} to everyone until ${until}?`))) return 1
      return context.withWorkspace(async (workspace) =>
        answerTransaction(context, await breakGlass(workspace, { backend, owner, reason, until })),
      )
    },
  )
}

interface ApplyFlags extends RolloutOptions {
  readonly confirmWithin: string
  readonly sample?: string
  readonly sampleSize: string
  readonly acceptDifferences?: boolean
}

function sampleOptions({ sample, sampleSize, acceptDifferences }: ApplyFlags) {
  const most = Number(sampleSize)
  if (!Number.isInteger(most) || most < 1 || most > 10_000)
    throw new LockgateError('LG1101', `--sample-size ${sampleSize}: expected a whole number from 1 to 10000`)
  return { file: sample ?? null, most, acceptDifferences: acceptDifferences ?? false }
}

function saySample(out: Output, sample: readonly answers.Sampled[]): void {
  for (const one of sample) {
    for (const { path, what, old, new: now } of one.differences)
      out.say(`${pc.yellow('differs')} ${one.backend} ${path}: ${what} was ${old}, would be ${now}`)
    const { asked, alike, different, varying, unanswered } = one
    out.say(
      `sample of ${one.backend}: ${asked} asked, ${alike} alike, ${different} different, ${varying} that vary by themselves, ${unanswered} without an answer`,
    )
  }
}

function sayIdp(out: Output, { client, created, changed, secretMade }: answers.IdpApplied): void {
  const differs = changed.length > 0 ? `changed: ${changed.join(', ')}` : 'as it should be'
  out.say(`the client ${client} at Keycloak: ${created ? 'created' : differs}`)
  if (secretMade)
    out.say(
      pc.yellow(
        `its secret was made by Keycloak: carry it from there (Clients, ${client}, Credentials) to where identity.client.secret says, on the gateway's host`,
      ),
    )
}

async function apply(
  context: Context,
  name: string,
  options: ApplyFlags & { readonly yes?: boolean },
): Promise<number> {
  const stage = toStage(name)
  const rollout = toRollout(stage, options)
  const confirmWithin = parseDuration(options.confirmWithin, '--confirm-within')
  if (confirmWithin === 0 && !options.yes)
    throw new LockgateError('LG1103', '--confirm-within 0 leaves nothing that restores a lock-out: say --yes as well')
  const sample = sampleOptions(options)
  if (!(await askYes(context, `Apply ${stage} to the hosts${options.wave ? ` of the wave ${options.wave}` : ''}?`)))
    return 1
  return applyAndSay(context, { stage, confirmWithin, sample, ...rollout })
}

/** Other waves stay as they are, which putting the newest snapshot back would not promise. */
async function takeWaveOut(
  context: Context,
  name: string | undefined,
  wave: string,
  confirmWithin: string,
): Promise<number> {
  if (name !== 'identity')
    throw new LockgateError('LG1101', '--wave goes with `rollback identity`; other stages go back as a whole')
  const within = parseDuration(confirmWithin, '--confirm-within')
  if (!(await askYes(context, `Take the wave ${wave} out of identity?`))) return 1
  const sample = { file: null, most: 1, acceptDifferences: false }
  return applyAndSay(context, { stage: 'identity', wave, mode: 'none', percent: 0, confirmWithin: within, sample })
}

async function applyAndSay(context: Context, options: ApplyOptions): Promise<number> {
  return context.withWorkspace(async (workspace) => {
    const { answer, error, verified } = await applyStage(workspace, options)
    context.out.answer(answer)
    saySample(context.out, answer.sample ?? [])
    if (answer.idp) sayIdp(context.out, answer.idp)
    if (error) {
      if (context.options.json) return error.exit
      for (const { path } of answer.restored) context.out.say(`restored ${path}`)
      return reportError(error, false)
    }
    for (const one of verified) sayVerify(context.out, one)
    context.out.say(
      answer.confirmBy
        ? pc.yellow(`applied; keep it with \`lockgate confirm\` by ${answer.confirmBy}, or everything is put back`)
        : 'applied',
    )
    return 0
  })
}

async function confirm(context: Context): Promise<number> {
  return context.withWorkspace(async (workspace) => {
    const result = await confirmTransaction(workspace)
    if (result.outcome === 'restored') {
      const { error, settled } = result
      context.out.answer({ confirmed: false, restored: settled.restored, because: error.message })
      for (const { path } of settled.restored) context.out.say(`restored ${path}`)
      return context.options.json ? error.exit : reportError(error, false)
    }
    context.out.answer({ confirmed: result.outcome === 'confirmed', restored: [] })
    context.out.say(
      result.outcome === 'confirmed'
        ? 'confirmed; it is on disk for the next start too (hosts: `lockgate explain firewall-boot`). Next: lockgate verify'
        : 'nothing waited for a confirmation',
    )
    return 0
  })
}

function answerTransaction(context: Context, outcome: TransactionOutcome): number {
  if (outcome.applied) {
    context.out.answer({ done: true, confirmBy: outcome.confirmBy, restored: [] })
    context.out.say(outcome.confirmBy ? `done; in force until ${outcome.confirmBy} unless confirmed` : 'done')
    return 0
  }
  context.out.answer({ done: false, confirmBy: null, restored: outcome.restored, because: outcome.because })
  for (const { path } of outcome.restored) context.out.say(`restored ${path}`)
  return context.options.json ? outcome.error.exit : reportError(outcome.error, false)
}
