/**
 * Time to effect: from the moment at which something ended until the last request that still passed, and until an open WebSocket
 * was cut, over many sessions and tokens at two backends, on every plane. `npm run bench identity-effect`, or a part of it
 * by `LOCKGATE_EFFECT=PLANE,TRIES,EFFECT`. `peer` is the promise in milliseconds; what only a renewal shows is ended at Keycloak.
 */
import { loadavg } from 'node:os'
import { planeIds } from '@lockgate/model'
import { type IdentityBench, startIdentityBench } from '../identity/identity-bench.ts'
import { type Idp, startKeycloak, startOidcProvider } from '../lab/idp/index.ts'
import { type Effect, effects, passSeconds } from './effect/effects.ts'
import { type Measured, runRound } from './effect/round.ts'

const [only = '', count = '100', wanted = ''] = (process.env.LOCKGATE_EFFECT ?? '').split(',')
const tries = Number(count)
const atOnce = Math.min(10, tries)

const say = (
  bench: IdentityBench,
  effect: Effect,
  what: string,
  measured: readonly number[],
  untilTold: number,
): void => {
  const sorted = measured.toSorted((a, b) => a - b).map(Math.round)
  const [p50 = 0, p100 = 0] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)]
  const goal = effect.goal(bench.plane)
  const ratio = Number((p100 / goal).toFixed(2))
  const name = `effect of ${effect.name}${what} at ${bench.plane}`
  const more = { unit: 'ms, p100 against the promise', p50, tries, values: sorted.length, untilTold }
  process.stdout.write(`${JSON.stringify({ name, ours: p100, peer: goal, ratio, ...more, load: loadavg()[0] })}\n`)
}

async function measure(bench: IdentityBench, effect: Effect): Promise<void> {
  const browsers = Array.from({ length: atOnce }, () => bench.browser())
  const measured: Measured[] = []
  while (measured.length < tries)
    measured.push(...(await runRound(bench, effect, browsers.slice(0, tries - measured.length))))
  const untilTold = Math.round(Math.max(...measured.map((one) => one.untilTold)))
  say(
    bench,
    effect,
    '',
    measured.flatMap(({ requests }) => requests),
    untilTold,
  )
  say(
    bench,
    effect,
    ', open WebSocket',
    measured.flatMap(({ sockets }) => sockets),
    untilTold,
  )
}

/** What was measured so far stands, and the rest is measured. */
const failed = (error: Error): void => {
  process.stderr.write(`${error.stack}\n`)
  process.exitCode = 1
}

const providers: readonly [Effect['when'], () => Promise<Idp>][] = [
  ['told', () => startOidcProvider({ hosts: { 'login.test': '127.0.0.1' } })],
  ['renewed', () => startKeycloak({ hosts: { 'login.test': '127.0.0.1' } })],
]

const chosen = effects.filter((one) => one.name.includes(wanted) || one.when === wanted)
for (const [when, start] of providers.filter(([when]) => chosen.some((one) => one.when === when))) {
  const idp = await start()
  try {
    for (const plane of planeIds.filter((one) => one.includes(only))) {
      const bench = await startIdentityBench(plane, { pass: `${passSeconds}s`, idp })
      try {
        for (const effect of chosen.filter((one) => one.when === when)) await measure(bench, effect).catch(failed)
      } finally {
        await bench.close().catch(failed)
      }
    }
  } finally {
    await idp.stop()
  }
}
