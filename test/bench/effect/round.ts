/** One round: some sessions or tokens end together, and each is watched by itself, at every backend, by requests and an open WebSocket. */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IdentityBench } from '../../identity/identity-bench.ts'
import { openWebSocket } from '../../identity/web-socket.ts'
import type { Browser } from '../../lab/idp/index.ts'
import { type Caller, startCaller } from './caller.ts'
import { type Effect, type Subject, type Watched, watched } from './effects.ts'

/** Milliseconds from the end, which at a provider is when it is done there, to the last request that passed and the cut of an open WebSocket. */
export interface Measured {
  readonly requests: readonly number[]
  readonly sockets: readonly number[]
  /** What of it was the provider's own time, from the order until it had told us. */
  readonly untilTold: number
}

/** A provider that hashes passwords has work enough with so many. */
const loginsAtOnce = 4

interface Held {
  readonly subject: Subject
  readonly callers: readonly Caller[]
  readonly sockets: readonly { readonly socket: Socket; readonly cut: Promise<number> }[]
}

async function stream(bench: IdentityBench, site: Watched, lines: readonly string[]) {
  const { socket, reply } = await openWebSocket(bench, site, lines)
  const status = reply.answers[0]?.status
  if (status !== 101) throw new Error(`${bench.plane}, ${site}: no WebSocket but ${status ?? reply.ended}`)
  socket.resume()
  return { socket, cut: once(socket, 'close').then(() => performance.now()) }
}

async function hold(bench: IdentityBench, effect: Effect, browser: Browser): Promise<Held> {
  const subject = await effect.subject(bench, browser)
  const callers = watched.map((site) => startCaller(bench, site, subject.at[site], effect.passes))
  await Promise.all(callers.map((one) => one.ready()))
  const sockets = await Promise.all(watched.map((site, index) => stream(bench, site, callers[index]?.lines() ?? [])))
  return { subject, callers, sockets }
}

async function watch(
  { callers, sockets }: Held,
  ended: number,
  untilTold: number,
  patience: number,
): Promise<Measured> {
  const cuts = sockets.map(async ({ socket, cut }) => {
    const at = await Promise.race([cut, sleep(patience, ended + patience)])
    socket.destroy()
    return Math.max(0, at - ended)
  })
  const requests = callers.map(async (one) => Math.max(0, (await one.last(patience)) - ended))
  return { requests: await Promise.all(requests), sockets: await Promise.all(cuts), untilTold }
}

export async function runRound(
  bench: IdentityBench,
  effect: Effect,
  browsers: readonly Browser[],
): Promise<readonly Measured[]> {
  const held: Held[] = []
  const waiting = [...browsers]
  const signInAll = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) held.push(await hold(bench, effect, next))
  }
  await Promise.all(Array.from({ length: loginsAtOnce }, signInAll))
  const patience = effect.goal(bench.plane) * 3
  // Ends fall anywhere between two renewals.
  await sleep(Math.random() * 3_000)
  const ordered = performance.now()
  await effect.endAll?.(bench)
  const endedAll = performance.now()
  const measured = await Promise.all(
    held.map(async (one) => {
      if (effect.endAll) return watch(one, endedAll, endedAll - ordered, patience)
      await one.subject.end()
      return watch(one, performance.now(), 0, patience)
    }),
  )
  await effect.mend?.(bench)
  bench.backend.forget()
  return measured
}
