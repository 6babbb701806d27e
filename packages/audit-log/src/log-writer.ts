/** The one writer of a log: gathers what is appended while the disk is busy into one durable commit. */
import { LockgateError } from '@lockgate/model'
import { checkpointSigner } from './checkpoint.ts'
import { commitQueue } from './commit-queue.ts'
import { dropSegments } from './drop-segments.ts'
import { type HintWriter, hintWriter } from './leaf-hints.ts'
import { batchOf, batchOfLines, oneBatch, type RecordBatch, reservedPrefix } from './record-batch.ts'
import type { Opened } from './recover-log.ts'
import { type Sealed, sealBatch, writeHintsOf } from './seal-batch.ts'
import { segmentWriter } from './segment-writer.ts'
import type { Recovered } from './set-aside.ts'
import type { SigningKey } from './signing-key.ts'
import { appendSubtrees, type FullSegment } from './subtrees.ts'
import type { WriterLock } from './writer-lock.ts'
import { placed, sizeOf } from './writer-state.ts'

/** Where records were put. */
export interface Appended {
  /** Index of the first of the records. */
  readonly first: number
  /** Size of the sealed log that holds them all. */
  readonly size: number
}

/** The one writer of a log; close it in the end, so that the next may open it. */
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

function checkedLine(line: string): string {
  JSON.parse(line)
  if (!/[\r\n]/.test(line) && !line.startsWith(reservedPrefix)) return line
  throw new LockgateError('LG3103', 'A line of the log must be one line, and not begin with the key lockgate.dropped')
}

/** Subtree hashes that could not be written yet stay owed. */
async function keepBeside(
  folder: string,
  hints: HintWriter,
  sealed: Sealed,
  owed: readonly FullSegment[],
): Promise<readonly FullSegment[]> {
  await writeHintsOf(hints, sealed)
  const due = [...owed, ...sealed.full]
  return appendSubtrees(folder, due).then(
    () => [],
    () => due,
  )
}

export function logWriter(context: WriterContext, opened: Opened): LogWriter {
  const { folder, origin, now } = context
  const disk = segmentWriter(folder)
  const hints = hintWriter(folder)
  const signer = { origin, sign: checkpointSigner(context.key) }
  let { state, checkpoint } = opened
  let owed: Promise<readonly FullSegment[]> = Promise.resolve([])
  let ended: LockgateError | null = null

  const commit = async (batches: readonly RecordBatch[]): Promise<readonly Appended[]> => {
    if (ended) throw ended
    const batch = oneBatch(batches)
    const writes = placed(state, batch, context.segmentRecords)
    const { sealed, failure } = await disk.commit(writes, () => sealBatch(signer, state, writes, batch))
    if (failure?.reopen) ended = failure.error
    if (failure) throw failure.error
    let first = sizeOf(state)
    state = sealed.next
    checkpoint = sealed.text
    const due = await owed
    owed = keepBeside(folder, hints, sealed, due)
    return batches.map(({ ends }) => {
      first += ends.length
      return { first: first - ends.length, size: sizeOf(state) }
    })
  }

  const queue = commitQueue(commit)
  let closed = false
  const append = async (count: number, batch: () => RecordBatch): Promise<Appended> => {
    if (closed) throw new LockgateError('LG3103', `The log in ${folder} was closed: open it anew to append`)
    return count === 0 ? { first: sizeOf(state), size: sizeOf(state) } : queue.add(batch())
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
    append: (records) => append(records.length, () => batchOf(records)),
    appendLines: (lines) => append(lines.length, () => batchOfLines(lines.map(checkedLine))),
    drop: async ({ before }) => {
      await owed
      return dropSegments({ folder, base: state.base, before, now }, (line) => append(1, () => batchOfLines([line])))
    },
    async close() {
      if (closed) return
      closed = true
      await queue.idle()
      await owed
      await hints.close()
      await disk.close()
      await context.lock.release()
    },
  }
}
