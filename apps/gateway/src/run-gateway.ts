/** The running enforcement point of one edge: watches its configuration and serves it until it is told to stop. */
import { stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AuditFile, openAuditFile } from './audit-file.ts'
import type { AuditRecord } from './identity/audit.ts'
import { removeStaleSockets } from './local-listeners.ts'
import type { Log } from './log.ts'
import { certificatePaths, type Generation, readConfig } from './read-config.ts'
import { createServing, type Serving } from './serving.ts'
import { createSessionList, type SessionList } from './session-list.ts'
import { createWorkerSet } from './worker-set.ts'

export interface GatewayOptions {
  /** Holds gateway.json, or will. */
  readonly folder: string
  readonly edgeId: string
  readonly signal: AbortSignal
  readonly log: Log
  /** Processes that serve; default one a core. 1 serves in this process. */
  readonly workers?: number
  /** Milliseconds that requests in flight get when it stops; default 10,000. */
  readonly graceMs?: number
}

const lookMs = 200
/** Certificates are looked at, and what could not be served is tried again, less often. */
const slowEvery = 10
/** A file that someone deletes and writes again is not gone. */
const absentLooks = 5

const signature = async (path: string): Promise<string> => {
  const found = await stat(path, { bigint: true }).catch(() => null)
  return found ? `${found.ino} ${found.mtimeNs} ${found.ctimeNs} ${found.size}` : 'absent'
}

const signatures = async (paths: readonly string[]): Promise<string> =>
  (await Promise.all(paths.map(signature))).join('|')

async function serveGeneration({ serving, audit, list }: Running, generation: Generation, log: Log): Promise<boolean> {
  await removeStaleSockets(generation.config)
  await audit.follow(generation)
  const because = await serving.prepare(generation)
  if (because !== null) {
    log.error({ because }, 'the new configuration cannot be served; the old one stays')
    return false
  }
  await list.follow(generation.config)
  await serving.commit(generation)
  await serving.publish(generation)
  const { edge, backends, listen, generation: name } = generation.config
  log.info({ edge, generation: name, backends: backends.length, listen: listen.length }, 'serving')
  return true
}

/** The one writer of the audit log, opened when a generation first needs it. */
interface Audit {
  write(records: readonly AuditRecord[]): void
  follow(generation: Generation): Promise<void>
  close(): Promise<void>
}

function createAudit(log: Log): Audit {
  let file: AuditFile | null = null
  return {
    write: (records) => file?.append(records),
    async follow({ config }) {
      const state = config.identity?.state ?? null
      if (state === null || state === file?.state) return
      await file?.close()
      file = await openAuditFile(state, config.edge, log)
    },
    close: async () => file?.close(),
  }
}

interface Watch {
  live: Generation | null
  file: string
  certificates: string
  absent: number
  looks: number
  /** The last attempt failed for a reason that may pass by itself. */
  retry: boolean
  saidBad: string | null
}

/** What a running gateway consists of. */
interface Running {
  readonly serving: Serving
  readonly audit: Audit
  readonly list: SessionList
}

async function load(path: string, options: GatewayOptions, running: Running, watch: Watch): Promise<void> {
  const { log, edgeId } = options
  const read = await readConfig(path, edgeId)
  watch.retry = read.kind === 'bad'
  if (read.kind === 'absent') return
  if (read.kind === 'bad') {
    if (watch.saidBad !== read.because) log.error({ path, because: read.because }, 'gateway.json cannot be used')
    watch.saidBad = read.because
    return
  }
  watch.saidBad = null
  if (read.generation.fingerprint === watch.live?.fingerprint) return
  if (await serveGeneration(running, read.generation, log)) {
    watch.live = read.generation
    watch.certificates = await signatures(certificatePaths(read.generation.config))
  } else watch.retry = true
}

async function look(path: string, options: GatewayOptions, running: Running, watch: Watch): Promise<void> {
  const file = await signature(path)
  const slow = watch.looks++ % slowEvery === 0
  if (file === 'absent') {
    watch.file = file
    if (++watch.absent === absentLooks && watch.live) {
      watch.live = null
      await running.list.follow(null)
      await running.serving.withdraw()
      options.log.info({ path }, 'gateway.json is gone; nothing is served until it is back')
    }
    return
  }
  watch.absent = 0
  const renewed =
    slow && watch.live !== null && (await signatures(certificatePaths(watch.live.config))) !== watch.certificates
  if (file === watch.file && !renewed && !(slow && watch.retry)) return
  watch.file = file
  await load(path, options, running, watch)
}

async function watchUntilStopped(options: GatewayOptions, running: Running): Promise<void> {
  const path = join(options.folder, 'gateway.json')
  const watch: Watch = { live: null, file: '', certificates: '', absent: 0, looks: 0, retry: false, saidBad: null }
  if ((await signature(path)) === 'absent') options.log.info({ path }, 'waiting for gateway.json')
  while (!options.signal.aborted) {
    await look(path, options, running, watch)
    await sleep(lookMs, undefined, { signal: options.signal }).catch(() => undefined)
  }
}

/** Ends when `signal` aborts and requests in flight are done; gives the exit code. SIGHUP reopens the access log. */
export async function runGateway(options: GatewayOptions): Promise<number> {
  const count = options.workers ?? availableParallelism()
  const audit = createAudit(options.log)
  const list = createSessionList(options.log)
  const serving =
    count > 1
      ? createWorkerSet(count, options.log, (all) => {
          audit.write(all.audit)
          for (const change of all.list) list.take(change)
        })
      : createServing(options.log, { audit: (record) => audit.write([record]), list: list.take })
  const onHangup = (): void => void serving.reopenLog()
  process.on('SIGHUP', onHangup)
  try {
    await watchUntilStopped(options, { serving, audit, list })
  } finally {
    process.off('SIGHUP', onHangup)
    await list.close()
    await serving.close(options.graceMs ?? 10_000)
    await audit.close()
  }
  options.log.info({ edge: options.edgeId }, 'stopped')
  return 0
}
