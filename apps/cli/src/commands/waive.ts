/** `lockgate waive`. */
import { LockgateError } from '@lockgate/model'
import { unwaive, waive } from '@lockgate/stages'
import type { Add } from '../command.ts'

interface Options {
  readonly backend: string
  readonly owner?: string
  readonly reason?: string
  readonly until?: string
  readonly remove?: boolean
}

export function addWaive(add: Add): void {
  add<Options>(
    'waive <check>',
    'let the fail of a check for one backend pass until a date, at most 180 days ahead',
    (command) =>
      command
        .requiredOption('--backend <id>', 'the backend whose fail may pass')
        .option('--owner <who>', 'who answers for it')
        .option('--reason <text>', 'why, for the report')
        .option('--until <date>', 'such as 2027-03-31, or 2027-03-31T18:00:00Z')
        .option('--remove', 'take the waiver back'),
    async (context, [check = ''], { backend, owner, reason, until, remove }) =>
      context.withWorkspace(async (workspace) => {
        if (remove) {
          await unwaive(workspace, check, backend)
          context.out.answer({ check, backend, waived: false })
          context.out.say(`${check} of ${backend} is no longer waived`)
          return 0
        }
        if (!owner || !reason || !until)
          throw new LockgateError('LG1101', 'a waiver needs --owner WHO --reason TEXT --until DATE')
        const done = await waive(workspace, { check, backend, owner, reason, until })
        context.out.answer({ check, backend, waived: true, until: done.until })
        context.out.say(`${check} of ${backend} is waived until ${done.until}`)
        return 0
      }),
  )
}
