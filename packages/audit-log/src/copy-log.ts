/** A copy of the sealed part of a log, also while its writer is at work. */
import { copyFile, mkdir, open, readFile, stat, writeFile } from 'node:fs/promises'
import { LockgateError } from '@lockgate/model'
import { parseCheckpoint } from './checkpoint.ts'
import { readError, writeError } from './log-error.ts'
import { leavesFile, listSegments, logFiles, type Segment, segmentAt } from './log-files.ts'
import { scanSegment } from './scan-segment.ts'

const unlessMissing = (cause: NodeJS.ErrnoException): void => {
  if (cause.code !== 'ENOENT') throw cause
}

/** Only as many bytes as the checkpoint covers: what lies behind them was never acknowledged. */
async function cutTo(segment: Segment, records: number): Promise<void> {
  const { bytes } = await scanSegment(segment, records)
  const handle = await open(segment.file, 'r+')
  try {
    await handle.truncate(bytes)
  } finally {
    await handle.close()
  }
}

async function copySealed(folder: string, to: string): Promise<number> {
  const [from, target] = [logFiles(folder), logFiles(to)]
  // Read first: the segments only grow, so they hold at least what it covers.
  const text = await readFile(from.checkpoint, 'utf8')
  const { size } = parseCheckpoint(text)
  const segments = (await listSegments(folder)).filter((one) => one.first < size)
  await mkdir(target.segments, { recursive: true })
  await mkdir(target.leaves, { recursive: true })
  for (const { first, file } of segments) {
    await copyFile(file, segmentAt(to, first).file)
    await copyFile(leavesFile(folder, first), leavesFile(to, first)).catch(unlessMissing)
  }
  const last = segments.at(-1)
  if (last) await cutTo(segmentAt(to, last.first), size - last.first)
  await copyFile(from.subtrees, target.subtrees).catch(unlessMissing)
  await copyFile(from.vkey, target.vkey).catch(unlessMissing)
  await writeFile(target.checkpoint, text, { flag: 'wx' })
  return size
}

/**
 * Copies what the checkpoint covers, with what verifying needs, and nothing else: no lock, no torn tails. Verifies nothing: the copy of a damaged
 * log is damaged in the same way. Throws LG1008 when `to` holds a log already.
 */
export async function copyLog(folder: string, to: string): Promise<{ readonly size: number }> {
  await stat(logFiles(folder).checkpoint).catch((cause) => {
    throw readError(folder, cause)
  })
  const there = await stat(logFiles(to).checkpoint).catch(() => null)
  if (there) throw new LockgateError('LG1008', `There is a log in ${to} already: name another folder`)
  try {
    return { size: await copySealed(folder, to) }
  } catch (cause) {
    throw writeError(to, cause)
  }
}
