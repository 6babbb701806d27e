/** Reads back what is live on the hosts and compares it with what was applied. */
import { digest, type Edge, type Json, type Reach, type Route, type Step, type Via } from '@lockgate/model'
import { viaLabel } from '@lockgate/reach'
import type { ReachPool } from './reach-pool.ts'
import type { AppliedTarget } from './records.ts'

/** What is not as it was applied, a sentence each; empty: all as applied. */
export async function readDrift(
  applied: ReadonlyMap<string, AppliedTarget>,
  readLiveOf: (id: string) => readonly string[] | null,
  pool: ReachPool,
): Promise<Record<string, readonly string[]>> {
  const entries = await Promise.all(
    [...applied.values()].map(
      async (target) => [target.id, await targetDrift(target, readLiveOf(target.id), pool)] as const,
    ),
  )
  return Object.fromEntries(entries.filter(([, changes]) => changes.length > 0))
}

async function targetDrift(
  target: AppliedTarget,
  readLive: readonly string[] | null,
  pool: ReachPool,
): Promise<readonly string[]> {
  const got = await pool.tryGet(target.via)
  if ('failed' in got) return [`cannot be read: ${got.failed.message}`]
  try {
    const changes: string[] = []
    for (const file of target.files) {
      const content = await got.reach.readFile(file.path)
      if (content === null) changes.push(`${file.path} is gone`)
      else if (digest(content) !== file.digest) changes.push(`${file.path} was changed by hand`)
    }
    if (target.live !== null && readLive && got.reach.live) {
      const live = await readLiveDigest(got.reach, readLive)
      if (live !== target.live)
        changes.push(`the rules in the kernel of ${viaLabel(target.via)} are not the ones applied`)
    }
    return changes
  } catch (cause) {
    return [`cannot be read: ${(cause as Error).message}`]
  }
}

/** null where the command fails, as for a table that is not there. */
export async function readLiveDigest(reach: Reach, argv: readonly string[]): Promise<string | null> {
  const result = await reach.run(argv)
  return result.code === 0 ? digest(result.stdout as Json) : null
}

export interface CheckedStep extends Step {
  readonly done: boolean
}

/** The routes of the engines at a place; empty where they cannot be asked. */
export type RoutesAt = (via: Via) => Promise<readonly Route[]>

export const routesByPlace =
  (edges: readonly Edge[], routesOf: (edge: Edge) => Promise<readonly Route[]>): RoutesAt =>
  async (via) => {
    const there = edges.filter((one) => viaLabel(one.via) === viaLabel(via))
    return (await Promise.all(there.map(routesOf))).flat()
  }

/**
 * A step is done where the line that it asks for stands in its file, or in a file beside it; or where the running engine has
 * taken in the file that this line names, wherever the operator's own configuration lies.
 */
export async function checkSteps(
  steps: readonly Step[],
  pool: ReachPool,
  routesAt: RoutesAt,
): Promise<readonly CheckedStep[]> {
  return Promise.all(steps.map(async (step) => ({ ...step, done: await isDone(step, pool, routesAt) })))
}

async function isDone(step: Step, pool: ReachPool, routesAt: RoutesAt): Promise<boolean> {
  if (step.expects === null) return false
  const got = await pool.tryGet(step.via)
  if ('failed' in got || step.file === null) return false
  try {
    if (await holdsLine(got.reach, step.file, step.expects, foldersDown)) return true
    const path = /\s["']?(\/[^\s"';]+)/.exec(step.expects)?.[1]
    return path !== undefined && (await routesAt(step.via)).some((one) => one.file === path)
  } catch {
    return false
  }
}

/** How deep an operator's configuration is looked through, such as /etc/nginx/sites-enabled/site. */
const foldersDown = 3

async function holdsLine(reach: Reach, path: string, expected: string, depth: number): Promise<boolean> {
  const names = await reach.listFolder(path).catch(() => null)
  if (names === null) {
    const text = (await reach.readFile(path).catch(() => null))?.toString('utf8')
    return text !== undefined && hasLine(text, expected)
  }
  if (depth === 0) return false
  for (const name of names) if (await holdsLine(reach, `${path}/${name}`, expected, depth - 1)) return true
  return false
}

const squeezed = (line: string): string => line.trim().replace(/\s+/g, ' ')

const hasLine = (text: string, expected: string): boolean =>
  text.split('\n').some((line) => squeezed(line).includes(squeezed(expected)) && !/^\s*#/.test(line))
