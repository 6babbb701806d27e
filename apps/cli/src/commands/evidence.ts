/** `lockgate evidence verify | export | show`: works on the log alone, without lockgate.yaml. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { copyLog, type LogReport, readRecords, verifyLog } from '@lockgate/audit-log'
import { LockgateError } from '@lockgate/model'
import pc from 'picocolors'
import type { Add } from '../command.ts'
import type { Context } from '../context.ts'

interface Options {
  readonly key?: string
  readonly since?: string
  readonly out?: string
}

type Verb = (context: Context, args: readonly string[], options: Options) => Promise<number>

const verbs: Readonly<Record<string, Verb>> = { verify, export: exportLogs, show }

export function addEvidence(add: Add): void {
  add<Options>(
    'evidence <verb> [folder]',
    'verify the log (offline), export it, or show its records',
    (command) =>
      command
        .option('--key <vkey>', 'the pinned verifier key, or a file that holds it')
        .option('--since <checkpoint>', 'a file with an earlier checkpoint')
        .option('--out <dir>', 'where export writes to'),
    (context, [verb = '', ...rest], options) => {
      const act = verbs[verb]
      if (!act) throw new LockgateError('LG1101', `evidence ${verb}: expected ${Object.keys(verbs).join(', ')}`)
      return act(context, rest, options)
    },
  )
}

/** Folders of logs: the folder itself, or each origin below it. */
async function logFolders(context: Context, given: string | undefined): Promise<readonly string[]> {
  const root = given === undefined ? join(context.folder(), '.lockgate', 'log') : resolve(given)
  for (const candidate of [root, join(root, '.lockgate', 'log'), join(root, 'log')]) {
    if (existsSync(join(candidate, 'checkpoint'))) return [candidate]
    const names = await readdir(candidate).catch(() => [])
    const logs = names.filter(
      (name) => existsSync(join(candidate, name, 'checkpoint')) || existsSync(join(candidate, name, 'segments')),
    )
    if (logs.length > 0) return logs.map((name) => join(candidate, name))
  }
  throw new LockgateError('LG3103', `${root} holds no log: expected ORIGIN/checkpoint and ORIGIN/segments`)
}

async function textOrFile(value: string): Promise<string> {
  return existsSync(value) ? (await readFile(value, 'utf8')).trim() : value
}

async function verify(context: Context, [folder]: readonly string[], options: Options): Promise<number> {
  const vkey = options.key === undefined ? undefined : await textOrFile(options.key)
  const since =
    options.since === undefined
      ? undefined
      : await readFile(options.since, 'utf8').catch((cause: Error) => {
          throw new LockgateError('LG3103', `--since ${options.since} cannot be read: ${cause.message}`, { cause })
        })
  const reports: (LogReport & { log: string })[] = []
  for (const log of await logFolders(context, folder))
    reports.push({ log, ...(await verifyLog(log, { ...(vkey ? { vkey } : {}), ...(since ? { since } : {}) })) })
  const holds = reports.every((one) => one.holds)
  context.out.answer({ holds, origin: originText(reports), logs: reports })
  for (const report of reports) {
    context.out.say(
      `${basename(report.log)}: ${report.holds ? pc.green('holds') : pc.red('does not hold')}, ${report.size} records, root ${report.root}`,
    )
    for (const problem of report.problems) context.out.say(pc.red(`  ${problem.because}`))
  }
  context.out.say(originText(reports))
  return holds ? 0 : 1
}

const originWords = {
  pinned: 'signed by the pinned key',
  'extends-checkpoint': 'extends the given checkpoint',
  'not-established': 'consistent in itself, origin not established',
} as const

function originText(reports: readonly LogReport[]): string {
  if (reports.some((one) => !one.holds)) return 'does not hold'
  const weakest =
    reports.find((one) => one.origin === 'not-established') ??
    reports.find((one) => one.origin === 'extends-checkpoint') ??
    reports[0]
  return weakest ? originWords[weakest.origin] : originWords['not-established']
}

async function exportLogs(context: Context, [folder]: readonly string[], options: Options): Promise<number> {
  if (!options.out) throw new LockgateError('LG1101', 'evidence export needs --out DIR')
  const out = resolve(options.out)
  if (existsSync(out) && (await readdir(out)).length > 0)
    throw new LockgateError('LG1008', `${out} is not empty; name a new folder`)
  const logs = await logFolders(context, folder)
  await mkdir(out, { recursive: true })
  for (const log of logs) await copyLog(log, join(out, basename(log)))
  context.out.answer({ out, logs: logs.map((one) => basename(one)) })
  context.out.say(
    `exported ${logs.length} log(s) to ${out}; check them anywhere with \`lockgate evidence verify ${out}\``,
  )
  return 0
}

async function show(context: Context, [folder]: readonly string[]): Promise<number> {
  for (const log of await logFolders(context, folder)) {
    const records: unknown[] = []
    for await (const { index, record } of readRecords(log)) {
      if (context.options.json) records.push(record)
      else context.out.say(`${index} ${JSON.stringify(record)}`)
    }
    context.out.answer({ log: basename(log), records })
  }
  return 0
}
