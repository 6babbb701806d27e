/** Puts a growth on the disk: segments synced first, then the checkpoint replaced; or everything is taken back. */
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { LockgateError } from '@lockgate/model'
import { syncFolder, writeBeside } from './durable-file.ts'
import { isNoRoom, writeError } from './log-error.ts'
import { logFiles, segmentAt } from './log-files.ts'
import type { SegmentWrite } from './writer-state.ts'

/** `reopen`: what the disk holds is not known any more, and only opening the log anew finds out. Otherwise it is as before. */
export interface CommitFailure {
  readonly error: LockgateError
  readonly reopen: boolean
}

export interface SegmentWriter {
  /** null when the records are durable and covered by the checkpoint. Never rejects. */
  commit(writes: readonly SegmentWrite[], checkpoint: () => Promise<string>): Promise<CommitFailure | null>
  close(): Promise<void>
}

type Handles = Map<number, FileHandle>

async function writeWhole(handle: FileHandle, chunk: Buffer, position: number): Promise<void> {
  for (let done = 0; done < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, position + done)
    done += bytesWritten
  }
}

async function writeSegments(folder: string, writes: readonly SegmentWrite[], handles: Handles): Promise<void> {
  for (const { first, position, chunk } of writes) {
    const { file } = segmentAt(folder, first)
    const handle = handles.get(first) ?? (await open(file, constants.O_RDWR | constants.O_CREAT, 0o644))
    handles.set(first, handle)
    await writeWhole(handle, chunk, position)
    await handle.datasync()
    if (position === 0) await syncFolder(logFiles(folder).segments)
  }
}

async function takeBack(folder: string, writes: readonly SegmentWrite[], handles: Handles): Promise<void> {
  for (const { first, position } of writes.toReversed()) {
    if (position > 0) await handles.get(first)?.truncate(position)
    else await rm(segmentAt(folder, first).file, { force: true })
  }
}

/** Writes segments and the new checkpoint side by side, and gives the checkpoint's temporary name once both are durable. */
async function prepare(folder: string, written: Promise<void>, checkpoint: Promise<string>): Promise<string> {
  const sealed = checkpoint.then((text) => writeBeside(logFiles(folder).checkpoint, text))
  const [segments, beside] = await Promise.allSettled([written, sealed])
  if (segments.status === 'fulfilled' && beside.status === 'fulfilled') return beside.value
  if (beside.status === 'fulfilled') await rm(beside.value, { force: true })
  throw segments.status === 'rejected' ? segments.reason : (beside as PromiseRejectedResult).reason
}

const unknown = (folder: string, cause: unknown): CommitFailure => ({
  reopen: true,
  error: new LockgateError(
    'LG3103',
    `The log in ${folder} failed while it was written: open it anew to see what it holds`,
    {
      cause,
    },
  ),
})

export function segmentWriter(folder: string): SegmentWriter {
  let kept: Handles = new Map()

  const keepOnly = async (handles: Handles, wanted: readonly number[]): Promise<void> => {
    const closing = [...handles].filter(([first]) => !wanted.includes(first))
    kept = new Map([...handles].filter(([first]) => wanted.includes(first)))
    await Promise.all(closing.map(([, handle]) => handle.close()))
  }

  const failed = async (cause: unknown, writes: readonly SegmentWrite[], handles: Handles): Promise<CommitFailure> => {
    try {
      await takeBack(folder, writes, handles)
      await keepOnly(handles, [...kept.keys()])
    } catch (undoing) {
      return unknown(folder, undoing)
    }
    // After any other failure of a sync the kernel may have dropped pages that it could not write.
    const known = isNoRoom(cause) || cause instanceof LockgateError
    return known ? { error: writeError(folder, cause), reopen: false } : unknown(folder, cause)
  }

  return {
    async commit(writes, checkpoint) {
      const handles: Handles = new Map(kept)
      try {
        const beside = await prepare(folder, writeSegments(folder, writes, handles), checkpoint())
        await rename(beside, logFiles(folder).checkpoint)
      } catch (cause) {
        return failed(cause, writes, handles)
      }
      try {
        await syncFolder(folder)
        await keepOnly(
          handles,
          writes.slice(-1).map((one) => one.first),
        )
        return null
      } catch (cause) {
        return unknown(folder, cause)
      }
    },
    close: () => keepOnly(kept, []),
  }
}
