/** `lockgate code scan|migrate DIR`: the backends' own logins, found and removed. */
import { resolve } from 'node:path'
import { type answers, LockgateError } from '@lockgate/model'
import pc from 'picocolors'
import type { Context } from '../context.ts'
import type { Output } from '../output.ts'
import type { Add } from '../program.ts'

type Verb = (context: Context, dir: string) => Promise<number>

const verbs: Readonly<Record<string, Verb>> = { scan }

export function addCode(add: Add): void {
  add(
    'code <verb> <folder>',
    "scan FOLDER: find a backend's own login",
    (command) => command,
    (context, [verb = '', folder = '']) => {
      const act = verbs[verb]
      if (!act) throw new LockgateError('LG1101', `code ${verb}: expected ${Object.keys(verbs).join(', ')}`)
      return act(context, resolve(folder))
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
  const sure = findings.filter((one) => one.certainty === 'sure').length
  out.say(
    pc.dim(
      `${findings.length} findings (${sure} sure ●, ${findings.length - sure} likely ○) in ${files.seen} files; \`lockgate code migrate DIR\` shows what can be rewritten`,
    ),
  )
}
