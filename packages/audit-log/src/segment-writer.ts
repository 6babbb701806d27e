/** Puts a growth on the disk: segments synced first, then the checkpoint replaced; or everything is taken back. */
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { LockgateError } from '@lockgate/model'
import { syncedWrites, syncFolder, writeBeside } from './durable-file.ts'
import { isNoRoom, writeError } from './log-error.ts'
import { logFiles, segmentAt } from './log-files.ts'
import type { SegmentWrite } from './writer-state.ts'

/** `reopen`: what the disk holds is not known any more, and only opening the log anew finds out. Otherwise it is as before. */
export interface CommitFailure {
  readonly error: LockgateError
  readonly reopen: boolean
}

export type Outcome<Sealed> =
  | { readonly sealed: Sealed; readonly failure?: undefined }
  | { readonly sealed?: undefined; readonly failure: CommitFailure }

export interface SegmentWriter {
  /** Sealed when the records are durable and covered by the checkpoint that `seal` makes while they are written. Never rejects. */
  commit<Sealed extends { readonly text: string }>(
    writes: readonly SegmentWrite[],
    seal: () => Promise<Sealed>,
  ): Promise<Outcome<Sealed>>
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
    const handle = handles.get(first) ?? (await open(file, constants.O_RDWR | constants.O_CREAT | syncedWrites, 0o644))
    handles.set(first, handle)
    await writeWhole(handle, chunk, position)
    if (syncedWrites === 0) await handle.datasync()
    if (position === 0) await syncFolder(logFiles(folder).segments)
  }
}

async function takeBack(folder: string, writes: readonly SegmentWrite[], handles: Handles): Promise<void> {
  for (const { first, position } of writes.toReversed()) {
    if (position > 0) await handles.get(first)?.truncate(position)
    else await rm(segmentAt(folder, first).file, { force: true })
  }
}

interface Prepared<Sealed> {
  readonly sealed: Sealed
  /** Temporary name of the new checkpoint. */
  readonly beside: string
}

/** Writes segments and the new checkpoint side by side; both are durable when it resolves. */
async function prepare<Sealed extends { readonly text: string }>(
  folder: string,
  written: Promise<void>,
  sealing: Promise<Sealed>,
): Promise<Prepared<Sealed>> {
  const both = sealing.then(async (sealed) => ({
    sealed,
    beside: await writeBeside(logFiles(folder).checkpoint, sealed.text),
  }))
  const [segments, prepared] = await Promise.allSettled([written, both])
  if (segments.status === 'fulfilled' && prepared.status === 'fulfilled') return prepared.value
  if (prepared.status === 'fulfilled') await rm(prepared.value.beside, { force: true })
  throw segments.status === 'rejected' ? segments.reason : (prepared as PromiseRejectedResult).reason
}

async function replaceCheckpoint<Sealed>(folder: string, { sealed, beside }: Prepared<Sealed>): Promise<Sealed> {
  try {
    await rename(beside, logFiles(folder).checkpoint)
    return sealed
  } catch (cause) {
    await rm(beside, { force: true })
    throw cause
  }
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
  let self: FileHandle | null = null

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
    async commit<Sealed extends { readonly text: string }>(
      writes: readonly SegmentWrite[],
      seal: () => Promise<Sealed>,
    ): Promise<Outcome<Sealed>> {
      const handles: Handles = new Map(kept)
      let sealed: Sealed
      try {
        sealed = await replaceCheckpoint(folder, await prepare(folder, writeSegments(folder, writes, handles), seal()))
      } catch (cause) {
        return { failure: await failed(cause, writes, handles) }
      }
      try {
        self ??= await open(folder, 'r')
        await self.sync()
        await keepOnly(
          handles,
          writes.slice(-1).map((one) => one.first),
        )
        return { sealed }
      } catch (cause) {
        return { failure: unknown(folder, cause) }
      }
    },
    async close() {
      await self?.close()
      self = null
      await keepOnly(kept, [])
    },
  }
}
