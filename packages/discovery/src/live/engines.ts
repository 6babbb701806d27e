/** Finds the running engines of one kind on a host, in the network namespace that is meant, by their processes. */
import type { Reach } from '@lockgate/model'

export interface Engine {
  readonly pid: number
  /** Without the program itself. */
  readonly args: readonly string[]
  /** Path of the program, or its bare name where the host does not say. */
  readonly program: string
  /** Folder that relative arguments are relative to, or null where the host does not say. */
  readonly cwd: string | null
}

export interface ProcessLine {
  readonly pid: number
  readonly parent: number
  readonly args: string
}

const psArgv = ['ps', '-ww', '-e', '-o', 'pid=', '-o', 'ppid=', '-o', 'args=']

/** Lines of `ps -o pid= -o ppid= -o args=`. */
export const parseProcesses = (text: string): readonly ProcessLine[] =>
  text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S.*)$/.exec(line)
    return match ? [{ pid: Number(match[1]), parent: Number(match[2]), args: match[3] as string }] : []
  })

const nameOf = (args: string): string => (args.split(/\s/)[0] as string).replace(/^.*\//, '')

/** Processes of the programs that are not the children of one. */
export function masters(lines: readonly ProcessLine[], programs: readonly string[]): readonly ProcessLine[] {
  const isOne = (line: ProcessLine) =>
    programs.includes(nameOf(line.args)) || programs.some((name) => line.args.startsWith(`${name}: master process `))
  const isWorker = (line: ProcessLine) => programs.some((name) => line.args.startsWith(`${name}: `))
  const all = lines.filter((line) => isOne(line) || isWorker(line))
  const ids = new Set(all.map((line) => line.pid))
  return all.filter((line) => isOne(line) && !ids.has(line.parent))
}

const link = async (reach: Reach, path: string): Promise<string | null> => {
  const { code, stdout } = await reach.run(['readlink', path])
  const text = stdout.trim()
  return code === 0 && text !== '' ? text : null
}

/** It was listed, and is no more: it serves nothing. */
const hasEnded = async (reach: Reach, pid: number): Promise<boolean> =>
  (await reach.run(['test', '-e', `/proc/${pid}`])).code === 1 &&
  (await reach.run(['test', '-d', '/proc/self'])).code === 0

/** nginx writes its arguments into its title as one text; others keep them apart. */
async function argumentsOf(reach: Reach, line: ProcessLine): Promise<readonly string[]> {
  const title = /^\S+: master process (.*)$/.exec(line.args)
  if (title) return (title[1] as string).trim().split(/\s+/).slice(1)
  const { code, stdout } = await reach.run(['cat', `/proc/${line.pid}/cmdline`])
  const words = code === 0 ? stdout.split('\0') : line.args.split(/\s+/)
  return (words.at(-1) === '' ? words.slice(0, -1) : words).slice(1)
}

export interface EnginesFound {
  readonly engines: readonly Engine[]
  /** Why the list is not the whole truth, or null. */
  readonly because: string | null
  /** All processes were looked at, and none is one. */
  readonly absent: boolean
}

/** Device and inode by path, in one call; a path that is gone or not to be seen is left out. */
async function inodesOf(reach: Reach, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await reach.run(['stat', '-L', '-c', '%n %d:%i', '--', ...paths])
  const lines = stdout.split('\n').map((line) => line.split(' '))
  return new Map(lines.filter((line) => line.length === 2).map(([path, inode]) => [path as string, inode as string]))
}

/** Where a process stands: `here`, in `another` network namespace, `unseen` by this user, or behind a root of its own. */
type Standing = 'here' | 'another' | 'unseen' | 'contained'

function standingOf(pid: number, inodes: ReadonlyMap<string, string>, netns: string | null): Standing {
  const theirs = inodes.get(`/proc/${pid}/ns/net`)?.split(':')[1]
  if (netns === null) return 'here'
  if (theirs === undefined) return 'unseen'
  if (theirs !== netns.replace(/\D/g, '')) return 'another'
  return inodes.get(`/proc/${pid}/root/`) === inodes.get('/') ? 'here' : 'contained'
}

async function readEngine(reach: Reach, line: ProcessLine, program: string): Promise<Engine> {
  return {
    pid: line.pid,
    args: await argumentsOf(reach, line),
    program: (await link(reach, `/proc/${line.pid}/exe`))?.replace(/ \(deleted\)$/, '') ?? program,
    cwd: await link(reach, `/proc/${line.pid}/cwd`),
  }
}

export async function findEngines(reach: Reach, programs: readonly [string, ...string[]]): Promise<EnginesFound> {
  const name = programs.join(' or ')
  const none = (because: string, absent = false): EnginesFound => ({ engines: [], because, absent })
  if (!reach.live) return none(`${reach.label} is only a folder: what a running ${name} serves cannot be seen`)
  const { code, stdout, stderr } = await reach.run(psArgv)
  if (code !== 0) return none(`ps cannot list the processes of ${reach.label}: ${stderr.trim() || `exit ${code}`}`)
  const { netns } = await reach.identity()
  const lines = masters(parseProcesses(stdout), programs)
  const inodes = await inodesOf(reach, [
    '/',
    ...lines.flatMap(({ pid }) => [`/proc/${pid}/ns/net`, `/proc/${pid}/root/`]),
  ])
  const engines: Engine[] = []
  let because: string | null = null
  for (const line of lines) {
    const standing = standingOf(line.pid, inodes, netns)
    if (standing === 'another' || (standing === 'unseen' && (await hasEnded(reach, line.pid)))) continue
    if (standing === 'here') engines.push(await readEngine(reach, line, programs[0]))
    if (standing === 'unseen')
      because = `the network namespace of the ${name} process ${line.pid} cannot be seen by this user; set sudo: true`
    if (standing === 'contained')
      because = `the ${name} process ${line.pid} has a root folder of its own (a container?), so its files cannot be read from here`
  }
  if (engines.length > 0 || because) return { engines, because, absent: false }
  return none(`no ${name} runs in the network namespace of ${reach.label}; start it, then ask again`, true)
}

/** The value after an option, whether apart or attached (`-c FILE`, `-cFILE`, `--option=FILE`). */
export function optionOf(args: readonly string[], names: readonly string[]): string | null {
  let found: string | null = null
  for (const [index, arg] of args.entries()) {
    if (names.includes(arg)) found = args[index + 1] ?? null
    const attached = names.find((name) =>
      name.startsWith('--')
        ? arg.startsWith(`${name}=`)
        : arg.startsWith(name) && arg !== name && !arg.startsWith('--'),
    )
    if (attached) found = arg.slice(attached.length).replace(/^=/, '')
  }
  return found
}
