/** The table of commands; only the modules of those that the arguments may mean are loaded. */
import { createRequire } from 'node:module'
import { Command } from 'commander'
import type { Add } from './command.ts'
import type { CommonOptions } from './context.ts'

type AddCommands = (add: Add, again: (args: readonly string[]) => Promise<number>) => void

const look = async (): Promise<AddCommands> => (await import('./commands/look.ts')).addLook
const change = async (): Promise<AddCommands> => (await import('./commands/change.ts')).addChange
const waive = async (): Promise<AddCommands> => (await import('./commands/waive.ts')).addWaive

/** By the command's first word, in the order of the help. */
const commands: Readonly<Record<string, () => Promise<AddCommands>>> = {
  init: async () => (await import('./commands/init.ts')).addInit,
  scan: look,
  plan: look,
  verify: look,
  status: look,
  apply: change,
  confirm: change,
  rollback: change,
  remove: change,
  uninstall: change,
  'break-glass': change,
  waive,
  evidence: async () => (await import('./commands/evidence.ts')).addEvidence,
  report: async () => (await import('./commands/report.ts')).addReport,
  explain: async () => (await import('./commands/explain.ts')).addExplain,
  watch: async () => (await import('./commands/watch.ts')).addWatch,
  gateway: async () => (await import('./commands/gateway.ts')).addGateway,
  code: async () => (await import('./commands/code.ts')).addCode,
  login: async () => (await import('./commands/login.ts')).addLogin,
  token: async () => (await import('./commands/token.ts')).addToken,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  demo: async () => (await import('./commands/demo.ts')).addDemo,
}
const guided = async (): Promise<AddCommands> => (await import('./commands/guided.ts')).addGuided
const unbuilt = async (): Promise<AddCommands> => (await import('./commands/unbuilt.ts')).addUnbuilt

/** Where the first word is no command, help, a correction or the guided mode may want them all. */
async function modulesFor(args: readonly string[]): Promise<readonly AddCommands[]> {
  const [only] = args
  if (only === '--version' || only === '-V') return []
  const named = only !== undefined && Object.hasOwn(commands, only) ? commands[only] : undefined
  const loads = named ? [named] : [guided, ...new Set(Object.values(commands)), unbuilt]
  return Promise.all(loads.map((load) => load()))
}

const { version } = createRequire(import.meta.url)('../package.json') as { version: string }

/** `again` runs further arguments as a command of their own: what the guided mode offers. */
export async function buildProgram(
  args: readonly string[],
  signal: AbortSignal,
  state: { code: number },
  again: (args: readonly string[]) => Promise<number>,
): Promise<Command> {
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
      const { createContext } = await import('./context.ts')
      const context = createContext(options, signal)
      try {
        state.code = await action(context, positional, options as never)
      } finally {
        await context.out.written()
      }
    })
    return command
  }
  for (const addCommands of await modulesFor(args)) addCommands(add, again)
  refuseUnknownCommands(program)
  return program
}

/** `lockgate` alone is a command too, so a word that is none would be taken for its argument. Commands take this setting over, hence last. */
function refuseUnknownCommands(program: Command): void {
  program.allowExcessArguments().hook('preAction', async (_, running) => {
    const [word] = program.args
    if (running !== program || word === undefined) return
    const { LockgateError, nearest } = await import('@lockgate/model')
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
