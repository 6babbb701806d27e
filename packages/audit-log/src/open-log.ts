/** Opens a log for its one writer. */
import { resolve } from 'node:path'
import { LockgateError } from '@lockgate/model'
import { makeDurableFolder } from './durable-file.ts'
import { writeError } from './log-error.ts'
import { type LogWriter, logWriter } from './log-writer.ts'
import { recoverLog } from './recover-log.ts'
import type { SigningKey } from './signing-key.ts'
import { takeLock } from './writer-lock.ts'

/** Where a log lies and who signs it. */
export interface OpenLogOptions {
  /** `.lockgate/log/ORIGIN`; created when it is not there. Must lie on a local disk. */
  readonly folder: string
  readonly key: SigningKey
  /** First line of checkpoints; the key's name unless said, as C2SP advises. */
  readonly origin?: string
  /** Records of a full segment; 65,536 unless said. May differ from one opening to the next. */
  readonly segmentRecords?: number
  readonly now?: () => Date
}

/**
 * Takes the lock, sets aside what a crash left behind the last checkpoint (`recovered`), and gives the writer. Throws LG3102 when another process
 * writes, LG3101 when acknowledged records are missing or changed, LG3009 and LG3103 when the folder cannot be written.
 */
export async function openLog(options: OpenLogOptions): Promise<LogWriter> {
  const { key, origin = key.name, segmentRecords = 65_536, now = () => new Date() } = options
  const folder = resolve(options.folder)
  if (!Number.isSafeInteger(segmentRecords) || segmentRecords < 1)
    throw new LockgateError('LG3103', `A segment needs a whole number of records above 0, not ${segmentRecords}`)
  try {
    await makeDurableFolder(folder)
    const lock = await takeLock(folder)
    try {
      return logWriter({ folder, key, origin, segmentRecords, now, lock }, await recoverLog(folder, key, origin))
    } catch (cause) {
      await lock.release()
      throw cause
    }
  } catch (cause) {
    throw writeError(folder, cause)
  }
}
