/** `lockgate code scan|migrate DIR`: the backends' own logins, found and removed. */
import { resolve } from 'node:path'
import { type answers, LockgateError } from '@lockgate/model'
import pc from 'picocolors'
import type { Add } from '../command.ts'
import type { Context } from '../context.ts'
import type { Output } from '../output.ts'
import { collect } from './collect.ts'

interface Options {
  readonly write?: boolean
  readonly map: readonly string[]
  readonly bind?: string
}

type Verb = (context: Context, dir: string, options: Options) => Promise<number>

const verbs: Readonly<Record<string, Verb>> = { scan, migrate }

export function addCode(add: Add): void {
  add<Options>(
    'code <verb> <folder>',
    "scan or migrate: find a backend's own login; show, or with --write make, the change to the assertion",
    (command) =>
      command
        .option('--write', 'change the files instead of printing a patch')
        .option(
          '--map <name=claim>',
          "what the program's name for a part of the identity is in the assertion, id=sub",
          collect,
          [],
        )
        .option('--bind <address>', 'the address to bind listeners to'),
    (context, [verb = '', folder = ''], options) => {
      const act = verbs[verb]
      if (!act) throw new LockgateError('LG1101', `code ${verb}: expected ${Object.keys(verbs).join(', ')}`)
      return act(context, resolve(folder), options)
    },
  )
}

/** Parsers are loaded by the command that needs them, not by every start. */
async function scan({ out, signal }: Context, dir: string): Promise<number> {
  const { scanCode } = await import('@lockgate/codemods')
  const result = await scanCode(dir, {
    signal,
    progress: (seen, findings) => out.progress(`${seen} files read, ${findings} findings`),
  })
  out.settle()
  out.answer(result)
  sayScan(out, result)
  return result.findings.length > 0 ? 1 : 0
}

function sayScan(out: Output, { findings, files }: answers.CodeScan): void {
  for (const [file, all] of Map.groupBy(findings, (one) => one.file)) {
    out.say(pc.bold(file))
    for (const one of all) {
      const mark = one.certainty === 'sure' ? pc.red('●') : pc.yellow('○')
      out.say(
        `  ${mark} ${String(one.line).padStart(4)}  ${one.kind.padEnd(14)} ${one.framework.padEnd(12)} ${pc.dim(one.snippet)}`,
      )
    }
  }
  for (const { file, because } of files.failed) out.say(pc.yellow(`not judged ${file}: ${because}`))
  const automatic = findings.filter((one) => one.fix === 'automatic').length
  const sure = findings.filter((one) => one.certainty === 'sure').length
  out.say(
    pc.dim(
      `${findings.length} findings (${sure} sure ●, ${findings.length - sure} likely ○) in ${files.seen} files; ${automatic} of them \`lockgate code migrate\` rewrites, of the others it says what to decide`,
    ),
  )
}

const claims = ['sub', 'user', 'email', 'groups', 'acr', 'amr', 'authTime', 'sid', 'device']

function readMap(pairs: readonly string[]): Readonly<Record<string, string>> {
  const entries = pairs.map((one) => {
    const [, name = '', claim = ''] = /^([\w$.]+)=(\w+)$/.exec(one) ?? []
    if (!claims.includes(claim))
      throw new LockgateError('LG1101', `--map ${one}: expected NAME=CLAIM, and as CLAIM one of ${claims.join(', ')}`)
    return [name, claim] as const
  })
  return Object.fromEntries(entries)
}

/** Nothing is written before everything is computed; then file by file, each whole. */
async function migrate({ out, signal }: Context, dir: string, { write = false, map, bind }: Options): Promise<number> {
  const pairs = readMap(map)
  const { migrateCode, writeChanges } = await import('@lockgate/codemods')
  const progress = (seen: number): void => out.progress(`${seen} files read`)
  const { files, patch, decisions, failed } = await migrateCode(dir, { signal, progress, map: pairs, bind })
  out.settle()
  signal.throwIfAborted()
  if (write) writeChanges(dir, files)
  const answer: answers.CodeMigrate = {
    applied: write,
    files: files.map((one) => one.path),
    patch,
    decisions: [...decisions],
    failed: [...failed],
  }
  out.answer(answer)
  sayMigration(out, answer)
  return 0
}

function sayMigration(out: Output, { applied, files, patch, decisions, failed }: answers.CodeMigrate): void {
  if (applied) for (const file of files) out.say(`${pc.green('rewritten')} ${file}`)
  else for (const line of patch.split('\n').slice(0, -1)) out.say(line)
  for (const { file, line, decide } of decisions) out.warn(`${file}:${line}: ${decide}`)
  for (const { file, because } of failed) out.warn(`not judged ${file}: ${because}`)
  const done = applied ? `${files.length} files rewritten` : `${files.length} files would change`
  const next = applied && files.length > 0 ? '; install what package.json names now, and set LOCKGATE_ORIGIN' : ''
  out.warn(`${done}, ${decisions.length} decisions${next}`)
}
