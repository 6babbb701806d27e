/** Streams the sealed records of a log with flat memory. */
import { readFile } from 'node:fs/promises'
import { LockgateError } from '@lockgate/model'
import { parseCheckpoint } from './checkpoint.ts'
import { eachLine, readLineChunks } from './line-chunks.ts'
import { readError } from './log-error.ts'
import { listSegments, logFiles } from './log-files.ts'

/** A record with its place in the log. */
export interface LogRecord {
  readonly index: number
  /** As it is hashed, without its line feed. */
  readonly line: string
  readonly record: unknown
}

/** From which record on. */
export interface ReadOptions {
  /** First index wanted; 0 unless said. Where it was dropped, reading begins at the first record that is there. */
  readonly from?: number
}

function parsed(index: number, line: string): LogRecord {
  try {
    return { index, line, record: JSON.parse(line) as unknown }
  } catch (cause) {
    throw new LockgateError('LG3101', `Record ${index} of the log is no JSON: verify the log before reading it`, {
      cause,
    })
  }
}

/** Only what the checkpoint covers, and nothing of it is verified here: verifyLog does that. Throws LG3103 where there is no log. */
export async function* readRecords(folder: string, { from = 0 }: ReadOptions = {}): AsyncGenerator<LogRecord, void> {
  try {
    const { size } = parseCheckpoint(await readFile(logFiles(folder).checkpoint, 'utf8'))
    const segments = await listSegments(folder)
    for (const [at, segment] of segments.entries()) {
      const end = Math.min(size, segments[at + 1]?.first ?? size)
      if (end <= from) continue
      let index = segment.first
      for await (const chunk of readLineChunks(segment.file)) {
        const wanted: [number, number][] = []
        eachLine(chunk, (start, stop) => {
          if (index >= from && index < end) wanted.push([start, stop])
          index += 1
          return index < end
        })
        let place = index - wanted.length
        for (const [start, stop] of wanted) yield parsed(place++, chunk.buffer.toString('utf8', start, stop))
        if (index >= end) break
      }
    }
  } catch (cause) {
    throw readError(folder, cause)
  }
}
