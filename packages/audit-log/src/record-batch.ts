/** Records as the bytes and leaf hashes that a segment takes. */
import { LockgateError } from '@lockgate/model'
import { type Digest, leafDigest } from './digest.ts'
import { maxLineBytes } from './line-chunks.ts'

const lineFeed = 10

/** Begins the line of the one record that only the writer itself may append. */
export const reservedPrefix = '{"lockgate.dropped":'

export interface RecordBatch {
  readonly bytes: Buffer
  readonly leaves: readonly Digest[]
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
  // One byte in front of the first line is needed for its leaf prefix; the line feeds serve for the others, and are put back.
  const buffer = Buffer.from(`\0${lines.join('\n')}\n`)
  const leaves: Digest[] = []
  const ends: number[] = []
  for (let start = 1; start < buffer.length; ) {
    const end = buffer.indexOf(lineFeed, start)
    if (end - start >= maxLineBytes)
      throw new LockgateError(
        'LG3103',
        `A record of the log may have ${maxLineBytes - 1} bytes; this one has ${end - start}`,
      )
    leaves.push(leafDigest(buffer, start, end))
    buffer[start - 1] = lineFeed
    ends.push(end)
    start = end + 1
  }
  return { bytes: buffer.subarray(1), leaves, ends }
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
  return { bytes: Buffer.concat(batches.map((one) => one.bytes)), leaves: batches.flatMap((one) => one.leaves), ends }
}
