/** Runs this program on an edge's host, where the gateway and its store are. */
import { type Edge, LockgateError, type Via } from '@lockgate/model'
import type { Workspace } from './workspace.ts'

/** Another namespace or this machine has the same files; elsewhere `lockgate` has to be installed, as for its gateway. */
const sharesFiles = (via: Via): boolean => via === 'local' || 'netns' in via

export interface EdgeProgram {
  /** argv of this very program. */
  readonly self: readonly string[]
}

/** Its JSON answer. LG1101 for an edge that is none, LG3003 where the program fails there, with what it said. */
export async function runOnEdge(
  { settings, pool, signal }: Workspace,
  edgeId: string | undefined,
  args: (edge: Edge) => readonly string[],
  { self }: EdgeProgram,
): Promise<unknown> {
  const wanted = edgeId ?? settings.identity?.edge
  const edge = settings.edges.find((one) => one.id === wanted)
  if (!edge)
    throw new LockgateError(
      'LG1101',
      wanted === undefined
        ? 'lockgate.yaml has no identity, so no gateway keeps tokens'
        : `no edge is called ${wanted}; there are: ${settings.edges.map((one) => one.id).join(', ')}`,
    )
  const reach = await pool.get(edge.via)
  if (!reach.live)
    throw new LockgateError(
      'LG3001',
      `${reach.label} is only a folder; run the command on the edge's own host with --here ${edge.config}`,
    )
  const program = sharesFiles(edge.via) ? self : ['lockgate']
  const [command = '', ...rest] = args(edge)
  const { code, stdout, stderr } = await reach.run([...program, command, '--json', ...rest], { signal })
  const answer = readJson(stdout)
  if (code === 0 && answer !== undefined) return answer
  const said = (answer as { error?: { code?: string; message?: string } } | undefined)?.error
  // What it refused it refuses here as well; all else is the host's failure.
  if (said?.code === 'LG2009') throw new LockgateError('LG2009', said.message ?? '')
  throw new LockgateError(
    'LG3003',
    `${reach.label}: \`${program.at(-1)} ${args(edge).slice(0, 2).join(' ')}\` ended with ${code}: ${said?.message ?? stderr.trim().slice(-400)}`,
  )
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
