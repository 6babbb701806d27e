/**
 * Time to effect: from the moment at which something ends until the last answer that still let it pass, over many sessions, on every
 * plane. `npm run bench identity-effect [PLANE] [TRIES]`. `peer` is the goal in milliseconds.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type PlaneId, planeIds } from '@lockgate/model'
import { cookieLine } from '../identity/case.ts'
import { type IdentityBench, people, type SiteName, startIdentityBench } from '../identity/identity-bench.ts'
import { openWebSocket } from '../identity/web-socket.ts'
import type { Browser } from '../lab/idp/index.ts'

const [only = '', count = '100'] = process.argv.slice(2)
const tries = Number(count)
const passSeconds = 5
const atOnce = 10

interface Held {
  end(): Promise<unknown>
  /** Milliseconds after the end at which it last passed; at most `patience`. */
  watch(patience: number): Promise<number>
}

interface Effect {
  readonly name: string
  /** Milliseconds promised. */
  goal(plane: PlaneId): number
  /** One session, and how it ends. */
  hold(bench: IdentityBench): Promise<Held>
  /** Afterwards, so that the next ones can sign in. */
  mend?(bench: IdentityBench): Promise<unknown>
}

const told = (plane: PlaneId): number => (plane === 'builtin' ? 1_000 : 2_500)
const renewed = (plane: PlaneId): number => passSeconds * 1_000 + told(plane)

async function session(bench: IdentityBench, site: SiteName) {
  const browser = await bench.signedIn(people.ben, site)
  await browser.ask(`${bench.origin(site)}/x`)
  const cookies = browser.jar.all().filter((one) => one.host === `${site}.test`)
  return { browser, line: cookieLine(Object.fromEntries(cookies.map((one) => [one.name, one.value]))) }
}

/** Asks as long as `passes` says that nothing has changed; five changes in a row count. */
async function lastPass(ask: () => Promise<boolean>, patience: number): Promise<number> {
  const begun = performance.now()
  let last = 0
  for (let refusals = 0; refusals < 5 && performance.now() - begun < patience; await sleep(10)) {
    const asked = performance.now() - begun
    const passed = await ask()
    refusals = passed ? 0 : refusals + 1
    if (passed) last = asked
  }
  return last
}

const requests =
  (site: SiteName, end: (bench: IdentityBench, browser: Browser) => Promise<unknown>): Effect['hold'] =>
  async (bench) => {
    const { browser, line } = await session(bench, site)
    const ask = async () => {
      const status = (await bench.ask(site, '/x', [line])).answers[0]?.status
      if (status !== 200 && status !== 401)
        throw new Error(`${bench.plane} answered with ${status}, neither yes nor no`)
      return status === 200
    }
    return { end: () => end(bench, browser), watch: (patience) => lastPass(ask, patience) }
  }

/** An open WebSocket: how long it stays. */
const socket =
  (site: SiteName, end: (bench: IdentityBench, browser: Browser) => Promise<unknown>): Effect['hold'] =>
  async (bench) => {
    const { browser, line } = await session(bench, site)
    const opened = await openWebSocket(bench, site, line.replace('Cookie: ', ''))
    if (opened.reply.answers[0]?.status !== 101) throw new Error('no WebSocket')
    const closed = once(opened.socket, 'close').then(() => performance.now())
    return {
      end: () => end(bench, browser),
      watch: async (patience) => {
        const begun = performance.now()
        const at = await Promise.race([closed, sleep(patience, begun + patience)])
        opened.socket.destroy()
        return Math.max(0, at - begun)
      },
    }
  }

const group = 'sales'

/** Whether the backend is still told of the group. */
const groups: Effect['hold'] = async (bench) => {
  const { line } = await session(bench, 'plain')
  const ask = async () => {
    const target = `/group-${randomBytes(4).toString('hex')}`
    await bench.ask('plain', target, [line])
    const seen = bench.backend.seen().find((one) => one.target === target)
    if (!seen) throw new Error(`${bench.plane} let no request through to a person who is signed in`)
    return seen.fields.some(([name, value]) => /^lockgate-groups$/i.test(name) && value.split(',').includes(group))
  }
  return {
    end: () => bench.idp.removeFromGroup(people.ben.login, group),
    watch: (patience) => lastPass(ask, patience),
  }
}

const logout = (site: SiteName) => (bench: IdentityBench, browser: Browser) =>
  browser.ask(`${bench.origin(site)}/.lockgate/logout`, { form: {} })
const endSessions = (bench: IdentityBench) => bench.idp.endSessions(people.ben.login)
const disable = (bench: IdentityBench) => bench.idp.disable(people.ben.login)
const enable = (bench: IdentityBench) => bench.idp.enable(people.ben.login)

const effects: readonly Effect[] = [
  ...(['plain', 'app'] as const).flatMap((site): readonly Effect[] => [
    { name: `logout, ${site}`, goal: told, hold: requests(site, logout(site)) },
    { name: `logout, an open WebSocket, ${site}`, goal: told, hold: socket(site, logout(site)) },
    { name: `back-channel logout, ${site}`, goal: told, hold: requests(site, endSessions) },
    { name: `account disabled, ${site}`, goal: renewed, hold: requests(site, disable), mend: enable },
  ]),
  { name: 'account disabled, an open WebSocket', goal: renewed, hold: socket('app', disable), mend: enable },
  {
    name: 'group removed',
    goal: renewed,
    hold: groups,
    mend: (bench) => bench.idp.addToGroup(people.ben.login, group),
  },
]

/** A round of sessions that end together; each is watched by itself. */
async function round(bench: IdentityBench, effect: Effect, size: number): Promise<readonly number[]> {
  const held: Held[] = []
  for (let index = 0; index < size; index += 1) held.push(await effect.hold(bench))
  const patience = effect.goal(bench.plane) * 3
  const watched = held.map(async ({ end, watch }) => {
    await end()
    return watch(patience)
  })
  const seen = await Promise.all(watched)
  await effect.mend?.(bench)
  bench.backend.forget()
  return seen
}

for (const plane of planeIds.filter((one) => one.includes(only))) {
  const bench = await startIdentityBench(plane, { pass: `${passSeconds}s` })
  try {
    for (const effect of effects) {
      const seen: number[] = []
      while (seen.length < tries) seen.push(...(await round(bench, effect, Math.min(atOnce, tries - seen.length))))
      const sorted = seen.toSorted((a, b) => a - b).map(Math.round)
      const [p50 = 0, p100 = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
      const goal = effect.goal(plane)
      const line = {
        name: `effect of ${effect.name} at ${plane}`,
        ours: p100,
        peer: goal,
        ratio: Number((p100 / goal).toFixed(2)),
      }
      process.stdout.write(
        `${JSON.stringify({ ...line, unit: 'ms, p100 against the promise', p50, tries: sorted.length })}\n`,
      )
    }
  } finally {
    await bench.close()
  }
}
