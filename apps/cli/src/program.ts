/** The table of commands. */
import { createRequire } from 'node:module'
import { LockgateError, nearest } from '@lockgate/model'
import { Command } from 'commander'
import type { Add } from './command.ts'
import { addChange } from './commands/change.ts'
import { addCode } from './commands/code.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addEvidence } from './commands/evidence.ts'
import { addExplain } from './commands/explain.ts'
import { addGateway } from './commands/gateway.ts'
import { addGuided } from './commands/guided.ts'
import { addInit } from './commands/init.ts'
import { addLogin } from './commands/login.ts'
import { addLook } from './commands/look.ts'
import { addReport } from './commands/report.ts'
import { addToken } from './commands/token.ts'
import { addUnbuilt } from './commands/unbuilt.ts'
import { addWaive } from './commands/waive.ts'
import { addWatch } from './commands/watch.ts'
import { type CommonOptions, createContext } from './context.ts'

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** `again` runs further arguments as a command of their own: what the guided mode offers. */
export function buildProgram(
  signal: AbortSignal,
  state: { code: number },
  again: (args: readonly string[]) => Promise<number>,
): Command {
  const program = new Command('lockgate')
    .description(
      'From a trusted network to Zero Trust, stage by stage, with your reverse proxy as the enforcement point.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
  const add: Add = (usage, description, define, action) => {
    const [name = '', ...args] = usage.split(' ')
    const command = common(name === '' ? program : program.command([name, ...args].join(' ')).exitOverride())
    if (name !== '') command.description(description)
    command.configureOutput({ writeErr: () => {}, outputError: () => {} })
    define(command)
    command.action(async (...given: unknown[]) => {
      const options = given.at(-2) as CommonOptions
      const positional = given
        .slice(0, -2)
        .flat()
        .filter((one): one is string => typeof one === 'string')
      state.code = await action(createContext(options, signal), positional, options as never)
    })
    return command
  }
  addGuided(add, again)
  for (const addCommands of [
    addInit,
    addLook,
    addChange,
    addWaive,
    addEvidence,
    addReport,
    addExplain,
    addWatch,
    addGateway,
    addCode,
    addLogin,
    addToken,
    addDoctor,
    addDemo,
  ])
    addCommands(add)
  addUnbuilt(add)
  refuseUnknownCommands(program)
  return program
}

/** `lockgate` alone is a command too, so a word that is none would be taken for its argument. Commands take this setting over, hence last. */
function refuseUnknownCommands(program: Command): void {
  program.allowExcessArguments().hook('preAction', (_, running) => {
    const [word] = program.args
    if (running !== program || word === undefined) return
    const hint = nearest(
      word,
      program.commands.map((one) => one.name()),
    )
    throw new LockgateError(
      'LG1101',
      `there is no command ${word}; ${hint ? `did you mean \`lockgate ${hint}\`?` : '`lockgate --help` lists them'}`,
    )
  })
}

const common = (command: Command): Command =>
  command
    .option('--dir <dir>', 'the folder of lockgate.yaml (default: the nearest one upwards)')
    .option('--json', 'one JSON document on stdout, nothing else')
    .option('--yes', 'answer yes to what would be asked')
    .option('--lang <lang>', 'en or zh-TW')
    .option('--quiet', 'no progress')
    .option('--no-color', 'no colours')
