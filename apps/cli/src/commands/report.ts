/** `lockgate report`: the readiness report from sealed evidence. */
import { writeFile } from 'node:fs/promises'
import { LockgateError } from '@lockgate/model'
import { formats, renderReport } from '@lockgate/report'
import type { Add } from '../command.ts'
import { readReport, reportLanguage } from '../read-report.ts'

export function addReport(add: Add): void {
  add<{ format: string; out?: string }>(
    'report',
    'the readiness report, from sealed evidence',
    (command) =>
      command.option('--format <format>', formats.join(', '), 'html').option('--out <file>', 'default: stdout'),
    async (context, _args, { format, out }) => {
      const chosen = formats.find((one) => one === format)
      if (!chosen) {
        const later = format === 'oscal'
        throw new LockgateError(
          later ? 'LG1102' : 'LG1101',
          `--format ${format}: this version writes ${formats.join(', ')}`,
        )
      }
      return context.withWorkspace(async (workspace) => {
        const text = renderReport(await readReport(workspace, reportLanguage(context.options.lang, workspace)), chosen)
        if (out === undefined) process.stdout.write(text)
        else {
          await writeFile(out, text)
          context.out.answer({ out, format })
          context.out.say(`wrote ${out}`)
        }
        return 0
      })
    },
  )
}
