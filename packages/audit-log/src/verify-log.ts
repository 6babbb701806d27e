/** Says whether a log is what its checkpoint signs, and what is known of where it comes from. */
import { stat } from 'node:fs/promises'
import type { Checkpoint } from './checkpoint.ts'
import { diagnoseLog, type LogProblem } from './diagnose-log.ts'
import { type Digest, digestOf, emptyRoot } from './digest.ts'
import { readError } from './log-error.ts'
import { earlier, foreignOrigin, ownKey, problem, readHead } from './log-head.ts'
import { parseVkey } from './vkey.ts'
import { type Dropped, type Walk, walkLog } from './walk-log.ts'

/** What is known of the log from elsewhere: without any of it, only that the log is consistent can be shown. */
export interface VerifyOptions {
  /** A key that was obtained apart from the log. */
  readonly vkey?: string | undefined
  /** Text of an earlier checkpoint of this log that was kept apart from it. */
  readonly since?: string | undefined
  /** What the checkpoint must name as its origin; a key that signs several logs does not tell them apart. */
  readonly origin?: string | undefined
}

/** Whether a log holds, since what, and what is wrong with it. */
export interface LogReport {
  readonly holds: boolean
  /** Records that the checkpoint covers. */
  readonly size: number
  /** base64; empty where there is no readable checkpoint. */
  readonly root: string
  readonly origin: 'pinned' | 'extends-checkpoint' | 'not-established'
  /** One line for a report: what is known when it holds. */
  readonly statement: string
  readonly problems: readonly LogProblem[]
  /** Lines behind the last checkpoint: a writer at work, or what a crash left. They are no part of the log. */
  readonly unsealed: number
  /** Records that were removed after their retention, as the log itself says. Their number and hashes are proven, their content is not. */
  readonly dropped: readonly Dropped[]
}

/** null: the log grew from that checkpoint. */
function consistency(old: Checkpoint, head: Checkpoint, roots: ReadonlyMap<number, Digest>): LogProblem | null {
  if (old.origin !== head.origin)
    return problem(`the earlier checkpoint is of another log, ${JSON.stringify(old.origin)}`)
  if (old.size > head.size)
    return problem(
      `record ${head.size} and those behind it were cut off: the earlier checkpoint covers ${old.size} records`,
      head.size,
    )
  const root = old.size === 0 ? emptyRoot : roots.get(old.size)
  if (root === digestOf(old.root)) return null
  return root === undefined
    ? problem(
        `the earlier checkpoint ends at record ${old.size}, inside records that are not there any more: nothing is proven by it`,
      )
    : problem(`the first ${old.size} records are not those of the earlier checkpoint: the log was rebuilt`)
}

async function compare(
  folder: string,
  head: Checkpoint,
  old: Checkpoint | null,
): Promise<{ walk: Walk; problems: readonly LogProblem[] }> {
  const roots = new Map<number, Digest>()
  const at = new Set(old ? [old.size] : [])
  const walk = await walkLog(folder, { size: head.size, at, tree: (tree) => roots.set(tree.end(), tree.root()) })
  const whole = walk.misfits.length === 0 && walk.tree?.end() === head.size && walk.tree.root() === digestOf(head.root)
  const problems = whole ? [] : await diagnoseLog(folder, head, walk)
  const grown = old && consistency(old, head, roots)
  return { walk, problems: grown ? [...problems, grown] : problems }
}

function statementOf(origin: LogReport['origin'], vkey: string | undefined, old: Checkpoint | null): string {
  const statements = {
    pinned: () => `signed by the pinned key ${parseVkey(vkey ?? '').name}+${parseVkey(vkey ?? '').id}`,
    'extends-checkpoint': () => `extends the earlier checkpoint of ${old?.size} records`,
    'not-established': () => 'consistent in itself, origin not established',
  }
  return statements[origin]()
}

/**
 * Reads every record once (and once more when something is wrong, to name it). Throws LG3103 when the folder cannot be read or the pinned key is no
 * key; everything else that is wrong is a problem in the report.
 */
export async function verifyLog(
  folder: string,
  { vkey, since, origin: wanted }: VerifyOptions = {},
): Promise<LogReport> {
  if (vkey !== undefined) parseVkey(vkey)
  try {
    await stat(folder)
    const key = vkey ?? (await ownKey(folder))
    const head = await readHead(folder, key)
    const old = since === undefined ? null : earlier(since, key)
    const seen = head.checkpoint && (await compare(folder, head.checkpoint, old?.checkpoint ?? null))
    const foreign = head.checkpoint ? foreignOrigin(head.checkpoint, wanted) : []
    const problems = [...head.problems, ...foreign, ...(old?.problems ?? []), ...(seen?.problems ?? [])]
    const holds = problems.length === 0
    const known = vkey !== undefined ? 'pinned' : since !== undefined ? 'extends-checkpoint' : 'not-established'
    const origin = holds ? known : 'not-established'
    return {
      holds,
      size: head.checkpoint?.size ?? 0,
      root: head.checkpoint ? Buffer.from(head.checkpoint.root).toString('base64') : '',
      origin,
      statement: holds ? statementOf(origin, vkey, old?.checkpoint ?? null) : 'does not hold',
      problems,
      unsealed: seen?.walk.unsealed ?? 0,
      dropped: seen?.walk.dropped ?? [],
    }
  } catch (cause) {
    throw readError(folder, cause)
  }
}
