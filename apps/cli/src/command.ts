/** What a command is, and how one is added to the program. */
import type { Command } from 'commander'
import type { CommonOptions, Context } from './context.ts'

export type Action<Options> = (
  context: Context,
  args: readonly string[],
  options: Options & CommonOptions,
) => Promise<number>

/** Adds a command with the options that all commands have; the action's number is the exit code. */
export type Add = <Options = unknown>(
  usage: string,
  description: string,
  define: (command: Command) => Command,
  action: Action<Options>,
) => Command
