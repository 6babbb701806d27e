/** Asks for a yes at the terminal; without one nothing asks. */
import { LockgateError } from '@lockgate/model'
import type { Context } from './context.ts'

export const atTerminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true

/** True where the person says yes or --yes is given. Throws LG1103 where nobody can be asked. */
export async function askYes(context: Context, question: string): Promise<boolean> {
  if (context.options.yes) return true
  if (!atTerminal() || context.options.json)
    throw new LockgateError('LG1103', `${question} There is no terminal to ask at: say --yes`)
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: question, initialValue: false })
  return !isCancel(answer) && answer
}
