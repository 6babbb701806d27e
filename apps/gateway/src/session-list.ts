/**
 * The list of live sessions that an engine reads: a file for each, which only the gateway writes and only the engine's group
 * can read by its name. One process writes it, so that no end is overtaken by what another process saw before.
 */
import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type GatewayConfig, liveHome } from '@lockgate/model'
import type { ListChange } from './identity/listing.ts'
import { createLiveSessions, type LiveSessions, type Put, pathOf } from './identity/live-sessions.ts'
import { giveToEngines } from './local-listeners.ts'
import type { Log } from './log.ts'

export interface SessionList {
  take(change: ListChange): void
  /** Begins an empty list, and takes what is seen under this generation alone; null: nothing is listed any more. */
  follow(config: GatewayConfig | null): Promise<void>
  close(): Promise<void>
}

interface List {
  readonly home: string
  readonly generation: string
  readonly sessions: LiveSessions
}

const sweepMs = 1_000
const rememberedMs = 60_000
/** Entered by the engine's group, and read by nobody; what is made in it has its group. */
const folderMode = 0o2710
const fileMode = 0o640

/** Takes away what an earlier gateway left, also one that was killed. */
async function emptied(config: GatewayConfig, home: string, log: Log): Promise<void> {
  await rm(home, { recursive: true, force: true })
  await mkdir(home, { mode: 0o700 })
  await giveToEngines(home, config, (because) =>
    log.warn({ home, because }, 'the engine cannot read which sessions live, so it asks about every request'),
  )
  await chmod(home, folderMode)
}

async function listOf(config: GatewayConfig, log: Log): Promise<List | null> {
  const { identity, edge, generation } = config
  if (identity?.passes !== 'listed') return null
  const home = liveHome(identity.state, edge)
  try {
    await emptied(config, home, log)
  } catch (error) {
    log.error({ home, because: String(error) }, 'live sessions cannot be listed; the engine asks about every request')
    return null
  }
  const remembered = identity.session.pass + rememberedMs
  return { home, generation, sessions: createLiveSessions({ remembered, now: Date.now }) }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await chmod(folder, folderMode)
}

async function replaceFile(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`
  await writeFile(fresh, text, { mode: fileMode })
  await chmod(fresh, fileMode)
  await rename(fresh, path)
}

/** Half a file is never under its name. */
async function write(home: string, put: Put): Promise<void> {
  const path = `${home}/${pathOf(put)}`
  await replaceFile(path, put.text).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    await makeFolder(dirname(path))
    await replaceFile(path, put.text)
  })
}

async function carryOut({ home, sessions }: List, log: Log): Promise<void> {
  while (sessions.pending()) {
    const step = sessions.next()
    if ('write' in step) {
      const results = await Promise.allSettled(step.write.map((put) => write(home, put)))
      const failed = results.find((one) => one.status === 'rejected')
      if (failed) log.error({ home, because: String(failed.reason) }, 'a live session could not be listed')
      continue
    }
    const removals = step.remove.map((path) =>
      rm(`${home}/${path}`, { force: true }).catch((error: unknown) => {
        log.error({ home, because: String(error) }, 'a session that is over could not be taken from the list')
        sessions.stays(path)
      }),
    )
    await Promise.all(removals)
  }
}

export function createSessionList(log: Log): SessionList {
  let list: List | null = null
  let isBusy = false
  let work: Promise<void> = Promise.resolve()
  const enqueue = (step: () => Promise<void>): Promise<void> => {
    work = work.then(step)
    return work
  }
  const soon = (): void => {
    if (isBusy || !list?.sessions.pending()) return
    isBusy = true
    void enqueue(async () => {
      if (list) await carryOut(list, log)
      isBusy = false
    })
  }
  const timer = setInterval(() => {
    list?.sessions.expire()
    soon()
  }, sweepMs).unref()
  /** What the next gateway of this edge has begun meanwhile stays. */
  const clear = async (old: List): Promise<void> => {
    await Promise.all(old.sessions.paths().map((path) => rm(`${old.home}/${path}`, { force: true })))
  }
  const follow = (config: GatewayConfig | null): Promise<void> =>
    enqueue(async () => {
      const old = list
      list = null
      if (old)
        await clear(old).catch((error) => log.error({ because: String(error) }, 'the list of live sessions stays'))
      list = config && (await listOf(config, log))
    })
  return {
    take(change) {
      if (change.kind === 'end') list?.sessions.end(change.sid)
      else if (change.kind === 'missed') list?.sessions.endAll()
      else if (change.generation === list?.generation) list.sessions.put(change)
      soon()
    },
    follow,
    async close() {
      clearInterval(timer)
      await follow(null)
    },
  }
}
