/** The checkpoint that a log is judged by, and what is wrong with it before any record is read. */
import { readFile } from 'node:fs/promises'
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import type { LogProblem } from './diagnose-log.ts'
import { logFiles } from './log-files.ts'

export const problem = (because: string, record: number | null = null): LogProblem => ({
  record,
  segment: null,
  because,
})

export const ownKey = (folder: string): Promise<string | null> =>
  readFile(logFiles(folder).vkey, 'utf8').catch(() => null)

export interface Head {
  readonly checkpoint: Checkpoint | null
  readonly problems: readonly LogProblem[]
}

const parsedOrNull = (text: string): Checkpoint | null => {
  try {
    return parseCheckpoint(text)
  } catch {
    return null
  }
}

function verdictOf(text: string, vkey: string): string | null {
  try {
    const verdict = verifyCheckpoint(text, vkey)
    return verdict.valid ? null : verdict.because
  } catch (cause) {
    return (cause as Error).message
  }
}

export async function readHead(folder: string, key: string | null): Promise<Head> {
  const text = await readFile(logFiles(folder).checkpoint, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null
    throw cause
  })
  if (text === null) return { checkpoint: null, problems: [problem('it has no checkpoint')] }
  if (key === null)
    return { checkpoint: parsedOrNull(text), problems: [problem('it has no log.vkey, and no key was given')] }
  const because = verdictOf(text, key)
  return { checkpoint: parsedOrNull(text), problems: because === null ? [] : [problem(because)] }
}

export const foreignOrigin = ({ origin }: Checkpoint, wanted: string | undefined): readonly LogProblem[] =>
  wanted === undefined || origin === wanted
    ? []
    : [problem(`the checkpoint is of ${JSON.stringify(origin)}, not of ${JSON.stringify(wanted)}`)]

export function earlier(since: string, key: string | null): Head {
  const because = key === null ? null : verdictOf(since, key)
  const checkpoint = parsedOrNull(since)
  const told = checkpoint === null ? (because ?? 'it is malformed') : because
  return { checkpoint, problems: told === null ? [] : [problem(`the earlier checkpoint: ${told}`)] }
}
