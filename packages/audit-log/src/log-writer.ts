/** The one writer of a log: gathers what is appended while the disk is busy into one durable commit. */
import { LockgateError } from '@lockgate/model'
import { formatCheckpoint } from './checkpoint.ts'
import { type Digest, digestBytes } from './digest.ts'
import { dropSegments } from './drop-segments.ts'
import { writeLeafHints } from './leaf-hints.ts'
import { batchOf, batchOfLines, leavesOf, oneBatch, type RecordBatch, reservedPrefix } from './record-batch.ts'
import type { Opened } from './recover-log.ts'
import { segmentWriter } from './segment-writer.ts'
import type { Recovered } from './set-aside.ts'
import type { SigningKey } from './signing-key.ts'
import { appendSubtrees, type FullSegment } from './subtrees.ts'
import { joined } from './tree-range.ts'
import type { WriterLock } from './writer-lock.ts'
import { type Growth, grown, placed, type SegmentWrite, sizeOf } from './writer-state.ts'

export interface Appended {
  /** Index of the first of the records. */
  readonly first: number
  /** Size of the sealed log that holds them all. */
  readonly size: number
}

export interface LogWriter {
  readonly folder: string
  readonly origin: string
  /** Sealed records. */
  readonly size: number
  /** Text of the last checkpoint, such as for publication. */
  readonly checkpoint: string
  /** What opening found behind the last checkpoint, and where it lies now. */
  readonly recovered: Recovered | null
  /**
   * Resolves when all records are on the disk and sealed by a signed checkpoint; rejects when none is. Calls that come while a commit is under way
   * share the next one. LG3009: no room or permission, and later calls may succeed.
   */
  append(records: readonly unknown[]): Promise<Appended>
  /** The same for records that are JSON text already, each without a line break; throws SyntaxError for one that is not JSON. */
  appendLines(lines: readonly string[]): Promise<Appended>
  /**
   * Removes full segments that lie before record `before`, after a record that says so. Their subtree hashes stay, so the root and every other
   * record remain provable; the records themselves are gone. Gives the first record that is still there.
   */
  drop(options: { readonly before: number }): Promise<{ readonly first: number }>
  close(): Promise<void>
}

export interface WriterContext {
  readonly folder: string
  readonly key: SigningKey
  readonly origin: string
  readonly segmentRecords: number
  readonly now: () => Date
  readonly lock: WriterLock
}

interface Sealed {
  readonly writes: readonly SegmentWrite[]
  readonly leaves: readonly Digest[]
  readonly growth: Growth
  /** The checkpoint. */
  readonly text: string
}

interface Waiting {
  readonly batch: RecordBatch
  resolve(appended: Appended): void
  reject(error: unknown): void
}

function checkedLine(line: string): string {
  JSON.parse(line)
  if (!/[\r\n]/.test(line) && !line.startsWith(reservedPrefix)) return line
  throw new LockgateError('LG3103', 'A line of the log must be one line, and not begin with the key lockgate.dropped')
}

/** Hints are worth nothing to the log's truth, so a full disk may leave them out; opening the log writes them anew. */
async function writeHints(folder: string, { writes, leaves }: Sealed): Promise<void> {
  let done = 0
  for (const { first, before, count } of writes) {
    await writeLeafHints(folder, first, before, leaves.slice(done, done + count)).catch(() => undefined)
    done += count
  }
}

export function logWriter(context: WriterContext, opened: Opened): LogWriter {
  const { folder, key, origin } = context
  const disk = segmentWriter(folder)
  const queue: Waiting[] = []
  let { state, checkpoint } = opened
  let owedSubtrees: readonly FullSegment[] = []
  let running: Promise<void> | null = null
  let ended: LockgateError | null = null
  let closed = false

  const keepBeside = async (sealed: Sealed): Promise<void> => {
    await writeHints(folder, sealed)
    owedSubtrees = [...owedSubtrees, ...sealed.growth.full]
    const written = await appendSubtrees(folder, owedSubtrees).then(
      () => true,
      () => false,
    )
    if (written) owedSubtrees = []
  }

  const seal = async (writes: readonly SegmentWrite[], batch: RecordBatch): Promise<Sealed> => {
    const leaves = leavesOf(batch)
    const growth = grown(state, writes, leaves)
    const root = digestBytes(joined(growth.next.base, growth.next.range).root())
    return { writes, leaves, growth, text: await formatCheckpoint({ origin, size: sizeOf(growth.next), root }, key) }
  }

  const commit = async (group: readonly Waiting[]): Promise<void> => {
    const batch = oneBatch(group.map((one) => one.batch))
    const writes = placed(state, batch, context.segmentRecords)
    const outcome = await disk.commit(writes, () => seal(writes, batch))
    if (outcome.failure?.reopen) ended = outcome.failure.error
    if (outcome.failure) for (const one of group) one.reject(outcome.failure.error)
    if (outcome.failure) return
    let first = sizeOf(state)
    state = outcome.sealed.growth.next
    checkpoint = outcome.sealed.text
    for (const one of group) {
      one.resolve({ first, size: sizeOf(state) })
      first += one.batch.ends.length
    }
    await keepBeside(outcome.sealed)
  }

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const group = queue.splice(0)
      if (ended) for (const one of group) one.reject(ended)
      else
        await commit(group).catch((cause) => {
          for (const one of group) one.reject(cause)
        })
    }
    running = null
  }

  const enqueue = (batch: RecordBatch): Promise<Appended> =>
    new Promise((resolve, reject) => {
      queue.push({ batch, resolve, reject })
      running ??= drain()
    })

  const appendBatch = async (count: number, batch: () => RecordBatch): Promise<Appended> => {
    if (ended) throw ended
    if (closed) throw new LockgateError('LG3103', `The log in ${folder} was closed: open it anew to append`)
    return count === 0 ? { first: sizeOf(state), size: sizeOf(state) } : enqueue(batch())
  }

  return {
    folder,
    origin,
    recovered: opened.recovered,
    get size() {
      return sizeOf(state)
    },
    get checkpoint() {
      return checkpoint
    },
    append: (records) => appendBatch(records.length, () => batchOf(records)),
    appendLines: (lines) => appendBatch(lines.length, () => batchOfLines(lines.map(checkedLine))),
    drop: ({ before }) =>
      dropSegments({ folder, base: state.base, before, now: context.now }, (line) =>
        appendBatch(1, () => batchOfLines([line])),
      ),
    async close() {
      closed = true
      await running
      await disk.close()
      await context.lock.release()
    },
  }
}
