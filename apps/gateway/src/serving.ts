/** One process that serves generations: prepared without effect on traffic, then switched to, then published. */
import { generationHost } from '@lockgate/model'
import { createProxy, type ListenOn, type ReverseProxy } from '@lockgate/proxy-core'
import { type AccessLogFile, openAccessLog } from './access-log-file.ts'
import type { AuditRecord } from './identity/audit.ts'
import { createGate, type Gate } from './identity/gate.ts'
import type { ListChange } from './identity/listing.ts'
import { admitEngines, localListeners } from './local-listeners.ts'
import type { Log } from './log.ts'
import type { Generation } from './read-config.ts'

/** Implemented by this process alone and by a set of workers. */
export interface Serving {
  /** Binds what is new. null, or why it cannot be served; then nothing has changed. */
  prepare(generation: Generation): Promise<string | null>
  /** Serves it: routes, certificates, access log; leaves addresses that it no longer names. */
  commit(generation: Generation): Promise<void>
  /** From now on its `generationHost` answers; everything that serves has committed. */
  publish(generation: Generation): Promise<void>
  /** Closes every listener and waits for another generation. */
  withdraw(): Promise<void>
  reopenLog(): Promise<void>
  close(graceMs: number): Promise<void>
}

interface State {
  log: AccessLogFile | null
  nextLog: AccessLogFile | null
  edge: string
  bound: ReadonlyMap<string, ListenOn>
}

const keyOf = (on: ListenOn): string => on.socket ?? `${on.scheme} ${on.host} ${on.port}`
const noTls = { default: null, names: {} }

/** Where this generation listens: for users, and for engines of the host. */
const wantedBy = (config: Generation['config'], gate: Gate): readonly ListenOn[] => [
  ...config.listen,
  ...localListeners(config, gate.engine),
]

async function bindNew(
  proxy: ReverseProxy,
  state: State,
  wanted: readonly ListenOn[],
  admit: (socket: string) => Promise<void>,
): Promise<string | null> {
  const bound = new Map(state.bound)
  for (const on of wanted) {
    try {
      if (!bound.has(keyOf(on))) await proxy.listen(on)
      bound.set(keyOf(on), on)
      if (on.socket !== undefined) await admit(on.socket)
    } catch (error) {
      for (const [key, one] of bound) if (!state.bound.has(key)) await proxy.unlisten(one)
      return `${on.socket ?? `${on.host} port ${on.port}`} cannot be listened on: ${error instanceof Error ? error.message : error}`
    }
  }
  state.bound = bound
  return null
}

async function openLog(path: string | null, state: State, log: Log): Promise<string | null> {
  if (path === state.nextLog?.path) return null
  await state.nextLog?.close()
  state.nextLog = null
  if (path === null || path === state.log?.path) return null
  try {
    state.nextLog = await openAccessLog(path, log)
    return null
  } catch (error) {
    return `the access log ${path} cannot be opened: ${error instanceof Error ? error.message : error}`
  }
}

/** What a serving process leaves to the one that writes files for all of them. */
export interface Reports {
  /** For the gateway's audit log. */
  readonly audit: (record: AuditRecord) => void
  /** For the list of live sessions. */
  readonly list: (change: ListChange) => void
}

export function createServing(log: Log, { audit, list }: Reports): Serving {
  const gate = createGate({ log, write: audit, list, env: process.env, now: Date.now })
  const state: State = { log: null, nextLog: null, edge: '', bound: new Map() }
  const proxy = createProxy({
    routes: [],
    now: () => performance.timeOrigin + performance.now(),
    onFault: (error) =>
      log.error({ err: error }, 'a request failed for a reason that should not exist; please report it'),
    decide: gate.decide,
    own: gate.own,
    onAccess: ({ at, ...rest }) => state.log?.append(JSON.stringify({ at, edge: state.edge, ...rest })),
  })
  const unbind = async (kept: ReadonlySet<string>): Promise<void> => {
    const leaving = [...state.bound].filter(([key]) => !kept.has(key))
    state.bound = new Map([...state.bound].filter(([key]) => kept.has(key)))
    for (const [, on] of leaving) void proxy.unlisten(on)
  }
  const switchLog = async (path: string | null): Promise<void> => {
    if (path === (state.log?.path ?? null)) return
    const old = state.log
    state.log = state.nextLog
    state.nextLog = null
    await old?.close()
  }
  gate.watch(proxy)
  const prepare = async ({ config, tls }: Generation): Promise<string | null> => {
    const because = (await openLog(config.accessLog, state, log)) ?? (await gate.prepare(config))
    if (because !== null) return because
    if (state.bound.size === 0) proxy.replaceTls(tls)
    const admit = (socket: string): Promise<void> =>
      admitEngines(socket, config.identity?.group, (because) =>
        log.warn(
          { socket, because },
          'engines cannot ask: run the gateway as root, or with this group as one of its own',
        ),
      )
    return bindNew(proxy, state, wantedBy(config, gate), admit)
  }
  return {
    prepare,
    async commit(generation) {
      const { config, tls } = generation
      // A worker that was born in between has prepared nothing; for the others nothing is left to do.
      const because = await prepare(generation)
      if (because !== null) throw new Error(because)
      state.edge = config.edge
      proxy.replaceTls(tls)
      await gate.commit(config)
      proxy.replaceRoutes(gate.routes(config))
      await unbind(new Set(wantedBy(config, gate).map(keyOf)))
      await switchLog(config.accessLog)
    },
    async publish({ config }) {
      const fixed = { [generationHost(config.generation)]: config.generation }
      proxy.replaceRoutes({ ...gate.routes(config), fixed })
    },
    async withdraw() {
      await unbind(new Set())
      proxy.replaceRoutes({ routes: [] })
      await gate.withdraw()
      proxy.replaceTls(noTls)
    },
    reopenLog: async () => state.log?.reopen(),
    async close(graceMs) {
      await proxy.close(graceMs)
      await gate.close()
      await state.nextLog?.close()
      await state.log?.close()
    },
  }
}
