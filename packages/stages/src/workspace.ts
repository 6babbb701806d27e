/** An opened folder with a lockgate.yaml: its settings, its log, and ways to the hosts. */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type LogWriter, loadSigningKey, openLog, readRecords, verifyLog } from '@lockgate/audit-log'
import { LockgateError, loadConfig, type Settings } from '@lockgate/model'
import { foldHistory, type History } from './history.ts'
import { publishCheckpoint } from './publish.ts'
import { type OpenReach, openReachPool, type ReachPool } from './reach-pool.ts'
import type { LogRecord } from './records.ts'
import { cannotWrite, readIfThere, writeWhole } from './whole-file.ts'

export interface WorkspaceOptions {
  readonly signal: AbortSignal
  readonly now: () => Date
  readonly progress: (text: string) => void
  /** Something that a person must know and that stops nothing. */
  readonly warn: (text: string) => void
  /** The demo without namespaces: its evidence says so, and counts for this folder alone. */
  readonly simulated?: boolean
  /** How hosts are reached, where not by @lockgate/reach: the demo's simulated network. */
  readonly openReach?: OpenReach
}

export interface Workspace extends WorkspaceOptions {
  readonly dir: string
  readonly settings: Settings
  /** `.lockgate` */
  readonly stateFolder: string
  readonly logFolder: string
  readonly pool: ReachPool
  /** What the log says, and what is wrong with the log itself. */
  readState(): Promise<{ readonly history: History; readonly problems: readonly string[] }>
  /** Takes the one writer's lock until `close`; LG3102 where another lockgate has it. */
  lock(): Promise<void>
  /** Durable when it resolves. */
  append(records: readonly LogRecord[]): Promise<void>
  close(): Promise<void>
}

/** The nearest folder up from `start` that has a lockgate.yaml; LG1007 where none has. */
export function findWorkspace(start: string): string {
  for (let dir = resolve(start); ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'lockgate.yaml'))) return dir
    if (dirname(dir) === dir)
      throw new LockgateError('LG1007', `no lockgate.yaml in ${resolve(start)} or above; \`lockgate init\` writes one`)
  }
}

const origin = 'operator'

export async function openWorkspace(dir: string, options: WorkspaceOptions): Promise<Workspace> {
  const settings = loadConfig(join(dir, 'lockgate.yaml'))
  if (settings.config.state?.startsWith('postgres'))
    throw new LockgateError(
      'LG1102',
      'state in PostgreSQL is not built in this version; use `state: sqlite` or leave it out',
      {
        at: { file: join(dir, 'lockgate.yaml'), key: 'state' },
      },
    )
  if (settings.config.log?.witnesses)
    throw new LockgateError('LG1102', 'witnesses are not built in this version; `log.publish` takes a command', {
      at: { file: join(dir, 'lockgate.yaml'), key: 'log.witnesses' },
    })
  const stateFolder = join(dir, '.lockgate')
  const logFolder = join(stateFolder, 'log', origin)
  const keyFile = join(stateFolder, 'keys', `${origin}.key`)
  const seenFile = join(stateFolder, 'seen-checkpoint')
  const pool = openReachPool(dir, options.openReach, options.signal)
  let writer: LogWriter | null = null
  let appended = false

  const lock = async (): Promise<void> => {
    if (writer) return
    const isNew = !existsSync(stateFolder)
    try {
      await prepareFolders(stateFolder, logFolder)
      const key = await loadSigningKey(keyFile, `lockgate-${origin}`)
      writer = await openLog({ folder: logFolder, key, now: options.now })
    } catch (cause) {
      if (isNew) await removeEmpty([logFolder, dirname(logFolder), dirname(keyFile), stateFolder])
      throw cause
    }
  }

  return {
    ...options,
    dir,
    settings,
    stateFolder,
    logFolder,
    pool,
    lock,
    async readState() {
      const seen = await readIfThere(seenFile)
      if (!existsSync(join(logFolder, 'checkpoint'))) {
        const problems = seen
          ? ['the log is gone, though this folder had one; put it back, or start anew in a new folder']
          : []
        return { history: foldHistory([]), problems }
      }
      const key = existsSync(keyFile) ? await loadSigningKey(keyFile, `lockgate-${origin}`) : null
      const report = await verifyLog(logFolder, {
        ...(key ? { vkey: key.vkey } : {}),
        ...(seen ? { since: seen } : {}),
      })
      const problems = report.holds ? [] : report.problems.map((one) => one.because)
      if (!key) problems.push('the key of the log is gone from .lockgate/keys, so its checkpoints prove nothing')
      if (problems.length > 0) return { history: foldHistory([]), problems }
      return { history: foldHistory(await sealedRecords(logFolder, report.size)), problems }
    },
    async append(records) {
      if (records.length === 0) return
      await lock()
      await (writer as LogWriter).append(records)
      appended = true
      // The records are durable already. An older checkpoint in its place still tells a log that was cut off before it.
      await writeWhole(seenFile, await readFile(join(logFolder, 'checkpoint'), 'utf8')).catch((cause: Error) =>
        options.progress(cause.message),
      )
    },
    async close() {
      const open = writer
      writer = null
      await open?.close()
      await pool.close()
      if (!appended) return
      const file = join(logFolder, 'checkpoint')
      const failures = await publishCheckpoint(settings.publish, dir, file, await readFile(file, 'utf8'))
      for (const failure of failures) options.warn(failure)
    },
  }
}

/** Only what a checkpoint covers counts. */
async function sealedRecords(folder: string, size: number): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = []
  for await (const { index, record } of readRecords(folder)) {
    if (index >= size) break
    records.push(record as LogRecord)
  }
  return records
}

async function prepareFolders(stateFolder: string, logFolder: string): Promise<void> {
  try {
    await mkdir(stateFolder, { recursive: true, mode: 0o700 })
    await mkdir(join(stateFolder, 'keys'), { recursive: true, mode: 0o700 })
    await mkdir(logFolder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw cannotWrite(stateFolder, cause)
  }
}

/** What a first command that failed has begun; a folder with something in it stays. */
async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(folder).catch(() => {})
}
