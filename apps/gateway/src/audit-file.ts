/** The gateway's audit log on its disk; requests never wait for it. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type LogWriter, loadSigningKey, openLog } from '@lockgate/audit-log'
import type { AuditRecord } from './identity/audit.ts'
import type { Log } from './log.ts'

export interface AuditFile {
  readonly state: string
  append(records: readonly AuditRecord[]): void
  close(): Promise<void>
}

/** More than this waits only where the disk stands still. */
const maxWaiting = 50_000
const flushMs = 50

/** `STATE/EDGE/log/EDGE`; its key lies in `STATE/EDGE/keys`. One process writes it. */
export async function openAuditFile(state: string, edge: string, log: Log): Promise<AuditFile> {
  const home = join(state, edge)
  await mkdir(join(home, 'keys'), { recursive: true, mode: 0o700 })
  await mkdir(join(home, 'log'), { recursive: true, mode: 0o750 })
  const key = await loadSigningKey(join(home, 'keys', 'log.key'), edge)
  const writer = await openLog({ folder: join(home, 'log', edge), key })
  return { state, ...queueInto(writer, log) }
}

function queueInto(writer: LogWriter, log: Log): Pick<AuditFile, 'append' | 'close'> {
  let waiting: AuditRecord[] = []
  let lost = 0
  let timer: NodeJS.Timeout | null = null
  let work: Promise<void> = Promise.resolve()
  const write = async (): Promise<void> => {
    const records = waiting
    waiting = []
    if (records.length === 0) return
    try {
      await writer.append(records)
    } catch (error) {
      lost += records.length
      log.error({ lost, because: String(error) }, 'the audit log cannot be written; records are lost')
    }
  }
  const flush = (): Promise<void> => {
    work = work.then(write)
    return work
  }
  return {
    append(records) {
      const room = maxWaiting - waiting.length
      lost += Math.max(0, records.length - room)
      waiting.push(...records.slice(0, room))
      timer ??= setTimeout(() => {
        timer = null
        void flush()
      }, flushMs)
    },
    async close() {
      if (timer) clearTimeout(timer)
      await flush()
      await writer.close()
    },
  }
}
