/** A client that asks again and again over one connection, with what it holds of a session or token, until it is told no. */
import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { cookieLine } from '../../identity/case.ts'
import type { IdentityBench, SiteName } from '../../identity/identity-bench.ts'

/** Whether an answered request still had what is about to be taken away. */
export type Passes = (bench: IdentityBench, target: string, status: number) => boolean

export interface Caller {
  /** Resolves with the first request that passed. */
  ready(): Promise<void>
  /** When the last request that passed was sent; resolves after five in a row did not pass, or at `patience` milliseconds. */
  last(patience: number): Promise<number>
  /** The header lines that it sends now. */
  lines(): readonly string[]
}

export interface Holding {
  readonly cookies: Readonly<Record<string, string>>
  readonly authorization: string | null
}

const everyMs = 100
const refusalsInARow = 5
/** How long a new session may take to pass at all. */
const readyMs = 20_000

interface Answered {
  readonly status: number
  readonly setCookie: readonly string[]
}

const ask = (agent: Agent, bench: IdentityBench, site: SiteName, target: string, lines: readonly string[]) =>
  new Promise<Answered>((resolve, reject) => {
    const { host, port, tls } = bench.destination(site)
    const headers = Object.fromEntries(lines.map((one) => one.split(': ', 2) as [string, string]))
    const options = { host, port, path: target, agent, ca: tls?.ca, servername: tls?.sni ?? '', timeout: 10_000 }
    const asked = request({ ...options, headers: { ...headers, host: new URL(bench.origin(site)).host } }, (answer) => {
      answer.resume().on('error', reject)
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, setCookie: answer.headers['set-cookie'] ?? [] }))
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer in 10 s')))
    asked.on('error', reject).end()
  })

/** Takes renewed passes as a browser does; what a refusal takes away is kept, as a thief would. */
export function startCaller(bench: IdentityBench, site: SiteName, holding: Holding, passes: Passes): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const cookies = { ...holding.cookies }
  const authorization = holding.authorization === null ? [] : [`Authorization: ${holding.authorization}`]
  const lines = () => [...(Object.keys(cookies).length > 0 ? [cookieLine(cookies)] : []), ...authorization]
  const state = { last: Number.NEGATIVE_INFINITY, refusals: 0, over: false }
  const once = async (): Promise<void> => {
    const target = `/ask-${randomBytes(4).toString('hex')}`
    const sent = performance.now()
    const { status, setCookie } = await ask(agent, bench, site, target, lines())
    if (status !== 200 && status !== 401) throw new Error(`${bench.plane} answered with ${status}, neither yes nor no`)
    const passed = passes(bench, target, status)
    state.refusals = passed ? 0 : state.refusals + 1
    if (!passed) return
    state.last = sent
    for (const [pair = ''] of setCookie.map((one) => one.split(';', 1)))
      cookies[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1)
  }
  const run = async (): Promise<void> => {
    while (!state.over) {
      // An engine that closes a connection just then refuses nobody.
      await once().catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') throw error
      })
      await sleep(everyMs)
    }
  }
  const running = run()
  running.catch(() => undefined)
  const until = async (holds: () => boolean, ms: number): Promise<boolean> => {
    for (const end = performance.now() + ms; !holds() && performance.now() < end; )
      await Promise.race([sleep(10), running])
    return holds()
  }
  return {
    lines,
    async ready() {
      if (await until(() => state.last > 0, readyMs)) return
      throw new Error(`${bench.plane}, ${site}: what is about to end never passed`)
    },
    async last(patience) {
      state.refusals = 0
      await until(() => state.refusals >= refusalsInARow, patience)
      state.over = true
      await running
      agent.destroy()
      return state.last
    },
  }
}
