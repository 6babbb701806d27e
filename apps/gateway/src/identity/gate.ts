/** Stage identity in one process: what the proxy asks, for the generation that is live. */
import type { GatewayConfig } from '@lockgate/model'
import type {
  Answer,
  Asked,
  Decision,
  EngineJoint,
  OwnAsked,
  ReverseProxy,
  Route,
  RouteSet,
} from '@lockgate/proxy-core'
import { answerOwn } from '../endpoints/own.ts'
import type { AuditRecord } from './audit.ts'
import { decide, type Outcome } from './decide.ts'
import { createEngineJoint } from './engine.ts'
import type { ListChange } from './listing.ts'
import { createSite, type Site } from './site.ts'
import { cutEnded, watchTies } from './ties.ts'
import type { OpenTools, ToolsOptions } from './tools.ts'

export interface Gate {
  readonly decide: (asked: Asked) => Promise<Decision> | Decision
  readonly own: (asked: OwnAsked) => Promise<Answer>
  readonly engine: EngineJoint
  routes(config: GatewayConfig): RouteSet
  /** Opens what the configuration needs beside what is live. null, or why it cannot be used. */
  prepare(config: GatewayConfig): Promise<string | null>
  commit(config: GatewayConfig): Promise<void>
  withdraw(): Promise<void>
  /** Cuts the proxy's streams as their sessions end. */
  watch(proxy: Pick<ReverseProxy, 'tied'>): void
  close(): Promise<void>
}

type GateOptions = Pick<ToolsOptions, 'log' | 'env' | 'now'> & {
  readonly write: (record: AuditRecord) => void
  readonly list: (change: ListChange) => void
}

interface Opened {
  /** Settings that need other tools when they change. */
  readonly key: string
  readonly tools: OpenTools
}

const ownPaths = '/.lockgate/'

/** Backends, origins and step-up paths come and go while sessions live on. */
function keyOf(config: GatewayConfig): string | null {
  if (!config.identity) return null
  const {
    origins: _o,
    stepUp: _s,
    organisation: _n,
    language: _l,
    servesLogin: _v,
    decide: _d,
    ...rest
  } = config.identity
  return JSON.stringify([config.edge, config.role ?? 'proxy', rest])
}

const forward: Decision = { allow: true }

function decisionOf(outcome: Outcome): Decision {
  if (outcome.kind === 'refuse') return { allow: false, ...outcome.answer, because: outcome.verdict.because }
  const { identity: headers, rest: forwarded, answered, tie } = outcome
  return tie ? { allow: true, headers, forwarded, answered, tie } : { allow: true, headers, forwarded, answered }
}

function routesOf(config: GatewayConfig): RouteSet {
  const { identity, backends } = config
  if (!identity) return { routes: backends }
  const routes: readonly Route[] = backends.map((one) => (one.identity ? { ...one, ownPaths } : one))
  return { routes, ownHosts: identity.servesLogin ? [identity.origin] : [] }
}

const unavailable: Answer = { status: 503, headers: ['Retry-After', '1', 'Cache-Control', 'no-store'], body: '' }

export function createGate({ log, write, list, env, now }: GateOptions): Gate {
  let live: Opened | null = null
  let next: Opened | null = null
  let site: Site | null = null
  let proxy: Pick<ReverseProxy, 'tied'> = { tied: () => [] }
  const ties: { stop(): void }[] = []

  const open = async (config: GatewayConfig, key: string): Promise<Opened> => {
    const { identity: settings, edge, role = 'proxy' } = config
    if (!settings) throw new Error('the configuration has no identity')
    // The adapter and its stores take as long to load as all the rest; an edge without identity needs none of it.
    const { openTools } = await import('./tools.ts')
    const tools = await openTools({ edge, role, settings, env, write, log, now })
    tools.sso.onEnded((ended) => {
      if ('sid' in ended) list({ kind: 'end', sid: ended.sid })
      cutEnded(proxy, ended)
    })
    tools.sso.onMissed(() => site?.listing?.missed())
    return { key, tools }
  }
  const replace = async (opened: Opened | null): Promise<void> => {
    const old = live
    live = opened
    next = null
    if (old && old !== opened) await old.tools.close()
  }
  return {
    engine: createEngineJoint(() => site),
    routes: routesOf,
    decide(asked) {
      const place = site?.places.get(asked.backend)
      if (!site || !place) return forward
      const { method, path, target, source, headers } = asked
      const outcome = decide(site, { place, method, path, target, source, headers })
      return outcome instanceof Promise ? outcome.then(decisionOf) : decisionOf(outcome)
    },
    own: (asked) => (site ? answerOwn(site, asked) : Promise.resolve(unavailable)),
    watch(one) {
      proxy = one
      ties.push(watchTies(one, () => site))
    },
    async prepare(config) {
      const key = keyOf(config)
      if (key === null || key === live?.key || key === next?.key) return null
      await next?.tools.close()
      next = null
      try {
        next = await open(config, key)
        return null
      } catch (error) {
        return `stage identity cannot run: ${error instanceof Error ? error.message : error}`
      }
    },
    async commit(config) {
      const key = keyOf(config)
      const opened = key === null ? null : ([live, next].find((one) => one?.key === key) ?? null)
      // Without a site every request passes, so nothing may come to that by mistake.
      if (key !== null && opened === null) throw new Error('stage identity was not prepared')
      site = opened && config.identity ? createSite(config, config.identity, opened.tools, list) : null
      await replace(opened)
      opened?.tools.kept?.begin()
    },
    async withdraw() {
      site = null
      await next?.tools.close()
      await replace(null)
    },
    async close() {
      for (const one of ties) one.stop()
      await this.withdraw()
    },
  }
}
