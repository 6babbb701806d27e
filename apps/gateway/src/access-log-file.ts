/** Appends access-log lines to a file in batches, follows a rename, and never holds more in memory than a bound. */
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Log } from './log.ts'

export interface AccessLogFile {
  readonly path: string
  /** One line without its line feed. */
  append(line: string): void
  /** Opens the path anew, after a rotation. */
  reopen(): Promise<void>
  close(): Promise<void>
}

const flushMs = 100
const checkMs = 1_000
/** More than this waits only where the disk stands still; requests do not wait for it. */
const maxBytes = 16 * 1024 ** 2

const openAppend = (path: string): Promise<FileHandle> => open(path, 'a', 0o640)

/** The file at the path is no longer the one that is open. */
async function moved(path: string, file: FileHandle): Promise<boolean> {
  const here = await file.stat({ bigint: true })
  const there = await stat(path, { bigint: true }).catch(() => null)
  return there === null || there.ino !== here.ino || there.dev !== here.dev
}

async function writeAll(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}

/** Rejects where the file cannot be opened. */
export async function openAccessLog(path: string, log: Log): Promise<AccessLogFile> {
  let file = await openAppend(path)
  let waiting: string[] = []
  let bytes = 0
  let lost = 0
  let checkedAt = Date.now()
  let timer: NodeJS.Timeout | null = null
  let work: Promise<void> = Promise.resolve()

  const replace = async (): Promise<void> => {
    const next = await openAppend(path)
    const old = file
    file = next
    await old.close()
  }
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return
    const text = `${waiting.join('\n')}\n`
    const lines = waiting.length
    waiting = []
    bytes = 0
    try {
      if (Date.now() - checkedAt >= checkMs) {
        checkedAt = Date.now()
        if (await moved(path, file)) await replace()
      }
      await writeAll(file, text)
    } catch (error) {
      lost += lines
      log.error({ path, lost, because: String(error) }, 'the access log cannot be written; lines are lost')
    }
  }
  const enqueue = (step: () => Promise<void>): Promise<void> => {
    work = work.then(step)
    return work
  }
  const tick = (): void => {
    void enqueue(flush).then(() => {
      timer = waiting.length > 0 ? setTimeout(tick, flushMs) : null
    })
  }
  return {
    path,
    append(line) {
      if (bytes > maxBytes) {
        lost++
        return
      }
      waiting.push(line)
      bytes += line.length + 1
      timer ??= setTimeout(tick, flushMs)
    },
    reopen: () =>
      enqueue(() =>
        flush()
          .then(replace)
          .catch((error) => log.error({ path, because: String(error) }, 'the access log cannot be reopened')),
      ),
    async close() {
      if (timer) clearTimeout(timer)
      await enqueue(flush)
      await file.close()
    },
  }
}
