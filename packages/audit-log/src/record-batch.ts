/** Records as the bytes and leaf hashes that a segment takes. */
import { LockgateError } from '@lockgate/model'
import { type Digest, leafDigest } from './digest.ts'
import { maxLineBytes } from './line-chunks.ts'

const lineFeed = 10

/** Begins the line of the one record that only the writer itself may append. */
export const reservedPrefix = '{"lockgate.dropped":'

export interface RecordBatch {
  readonly bytes: Buffer
  /** Where each record ends in `bytes`, behind its line feed. */
  readonly ends: readonly number[]
}

function jsonLine(record: unknown): string {
  const line = JSON.stringify(record) as string | undefined
  if (line === undefined) throw new TypeError('A record of the log must be a JSON value')
  if (line.startsWith(reservedPrefix))
    throw new LockgateError(
      'LG3103',
      'A record must not begin with the key lockgate.dropped: drop() of the writer appends it',
    )
  return line
}

export function batchOfLines(lines: readonly string[]): RecordBatch {
  const bytes = Buffer.from(`${lines.join('\n')}\n`)
  const ends: number[] = []
  for (let start = 0; start < bytes.length; start = ends.at(-1) as number) {
    const end = bytes.indexOf(lineFeed, start)
    if (end - start >= maxLineBytes)
      throw new LockgateError(
        'LG3103',
        `A record of the log may have ${maxLineBytes - 1} bytes; this one has ${end - start}`,
      )
    ends.push(end + 1)
  }
  return { bytes, ends }
}

export const batchOf = (records: readonly unknown[]): RecordBatch => batchOfLines(records.map(jsonLine))

/** Several batches, one after the other, as one. */
export function oneBatch(batches: readonly RecordBatch[]): RecordBatch {
  const [only] = batches
  if (only && batches.length === 1) return only
  let offset = 0
  const ends = batches.flatMap((batch) => {
    const moved = batch.ends.map((end) => end + offset)
    offset += batch.bytes.length
    return moved
  })
  return { bytes: Buffer.concat(batches.map((one) => one.bytes)), ends }
}

/** Hashes a copy, because the bytes themselves may be on their way to the disk at this moment. */
export function leavesOf({ bytes, ends }: RecordBatch): readonly Digest[] {
  const copy = Buffer.allocUnsafe(bytes.length + 1)
  bytes.copy(copy, 1)
  return ends.map((end, at) => leafDigest(copy, 1 + (ends[at - 1] ?? 0), end))
}
