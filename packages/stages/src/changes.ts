/** Compares targets with what is on the hosts: what would be created, updated, removed, and what is not ours to touch. */
import { digest, LockgateError, type Reach, type RenderedFile, type Target } from '@lockgate/model'
import { viaLabel } from '@lockgate/reach'
import { createLimiter } from './limiter.ts'
import { readLiveDigest } from './live.ts'
import type { ReachPool } from './reach-pool.ts'
import type { AppliedTarget } from './records.ts'

export interface FileChange {
  readonly path: string
  readonly before: Buffer | null
  /** null: it is to be removed. */
  readonly after: RenderedFile | null
  readonly change: 'create' | 'update' | 'same' | 'remove'
  /** Why it may not be touched; null where it may. */
  readonly foreign: string | null
}

export interface TargetChange {
  readonly target: Target
  readonly reach: Reach
  /** `put`: the target is to be as rendered. `remove`: all of it is to go. */
  readonly intent: 'put' | 'remove'
  readonly files: readonly FileChange[]
  /** False where everything is as it is to be. */
  readonly changed: boolean
}

export async function compareTarget(
  target: Target,
  intent: 'put' | 'remove',
  applied: AppliedTarget | undefined,
  pool: ReachPool,
): Promise<TargetChange> {
  const reach = await pool.get(target.via)
  const wanted = intent === 'put' ? target.files : blankFiles(target)
  const known = new Map(applied?.files.map((one) => [one.path, one.digest]))
  const limit = createLimiter(16)
  const files: FileChange[] = await Promise.all(
    wanted.map((file) => limit(async () => compareFile(file, await reach.readFile(file.path), known))),
  )
  const paths = new Set(wanted.map((one) => one.path))
  const stale = [...known.keys()].filter((path) => !paths.has(path))
  for (const path of stale) {
    const before = await reach.readFile(path)
    if (before)
      files.push({
        path,
        before,
        after: null,
        change: 'remove',
        foreign: foreignBecause(path, before, known.get(path)),
      })
  }
  const liveDiffers =
    target.readLive !== null &&
    reach.live &&
    (intent === 'remove'
      ? applied !== undefined
      : (await readLiveDigest(reach, target.readLive)) !== (applied?.live ?? ''))
  const generationDiffers = intent === 'put' && applied?.generation !== target.generation
  return {
    target,
    reach,
    intent,
    files,
    changed: liveDiffers || generationDiffers || files.some((one) => one.change !== 'same'),
  }
}

/** What is left in an operator's folder when ours goes: what the engine was started with. */
const blankFiles = (target: Target): readonly RenderedFile[] =>
  target.files.flatMap((file) => (file.blank === undefined ? [] : [{ ...file, content: `${file.blank}\n` }]))

function compareFile(after: RenderedFile, before: Buffer | null, known: ReadonlyMap<string, string>): FileChange {
  const { path } = after
  if (before === null) return { path, before, after, change: 'create', foreign: null }
  if (before.equals(Buffer.from(after.content))) return { path, before, after, change: 'same', foreign: null }
  const foreign = isBlank(before, after) ? null : foreignBecause(path, before, known.get(path))
  return { path, before, after, change: 'update', foreign }
}

function isBlank(before: Buffer, { blank }: RenderedFile): boolean {
  const text = before.toString('utf8').replace(/\s+/g, '')
  return text === '' || text === blank?.replace(/\s+/g, '')
}

function foreignBecause(path: string, before: Buffer, ours: string | undefined): string | null {
  if (ours === undefined) return `${path} exists and Lockgate did not write it`
  return digest(before) === ours ? null : `${path} was changed since Lockgate wrote it`
}

/** Throws LG2004 with the difference where a file is not ours to overwrite. */
export function refuseForeign(changes: readonly TargetChange[]): void {
  for (const { reach, files } of changes) {
    const foreign = files.find((one) => one.foreign !== null)
    if (!foreign) continue
    throw new LockgateError(
      'LG2004',
      `${viaLabel(target(reach))}: ${foreign.foreign}. Nothing was changed. Move it away, or put it back as it was, and apply again.\n${difference(foreign)}`,
      { at: { file: foreign.path } },
    )
  }
  function target(reach: Reach) {
    return changes.find((one) => one.reach === reach)?.target.via ?? 'local'
  }
}

/** The lines that only one side has, `-` live and `+` planned; at most 40. */
export function difference(change: FileChange): string {
  const before = change.before?.toString('utf8').split('\n') ?? []
  const after = change.after?.content.split('\n') ?? []
  const [had, gets] = [new Set(before), new Set(after)]
  const lines = [
    ...before.filter((line) => !gets.has(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !had.has(line)).map((line) => `+ ${line}`),
  ]
  return lines.length <= 40
    ? lines.join('\n')
    : `${lines.slice(0, 40).join('\n')}\n… and ${lines.length - 40} lines more`
}
