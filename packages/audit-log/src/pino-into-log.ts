/** A stream that lets pino write into an audit log. */
import { Writable } from 'node:stream'
import type { LogWriter } from './log-writer.ts'

/** What happens to lines that cannot be appended. */
export interface PinoIntoLogOptions {
  /** Told about lines that could not be appended; the stream then goes on with later ones. Without it the stream fails. */
  readonly onError?: (error: unknown, lines: readonly string[]) => void
}

/**
 * Lines that come while a commit is under way become the next batch. pino does not wait for streams: under overload lines gather in memory.
 * `stream.end(callback)` calls back when everything is sealed; end it before the writer is closed.
 */
export function pinoIntoLog(writer: Pick<LogWriter, 'appendLines'>, { onError }: PinoIntoLogOptions = {}): Writable {
  const append = (text: string, done: (error?: Error | null) => void): void => {
    const lines = text.split('\n').filter((line) => line !== '')
    writer.appendLines(lines).then(
      () => done(),
      (error: Error) => {
        if (!onError) return done(error)
        onError(error, lines)
        done()
      },
    )
  }
  return new Writable({
    decodeStrings: false,
    write: (chunk: string | Buffer, _encoding, done) => append(chunk.toString(), done),
    writev: (chunks, done) => append(chunks.map(({ chunk }) => String(chunk)).join('\n'), done),
  })
}
