/** What every identity provider must show at every plane: in, across hosts, out everywhere, and ended from the provider's side. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { PlaneId } from '@lockgate/model'
import { expect } from 'vitest'
import type { Idp } from '../lab/idp/index.ts'
import { seenNames } from './case.ts'
import { type IdentityBench, people, type SiteName, startIdentityBench } from './identity-bench.ts'

const statusAt = async (
  bench: IdentityBench,
  browser: Awaited<ReturnType<IdentityBench['signedIn']>>,
  site: SiteName,
) => (await browser.ask(`${bench.origin(site)}/x`)).status

/** The page, the login, and what a request is told that is on its way when its session ends. */
const outcomes = [200, 302, 401]

/** Milliseconds until three asks in a row are refused; throws after `patience`, and for any other answer, as of a gateway that is down. */
async function untilRefused(ask: () => Promise<number>, patience: number): Promise<number> {
  const begun = performance.now()
  let last = 0
  for (let refusals = 0; refusals < 3; ) {
    if (performance.now() - begun > patience) throw new Error(`still answered after ${patience} ms`)
    const status = await ask()
    if (!outcomes.includes(status)) throw new Error(`answered with ${status}, neither the page nor a refusal`)
    refusals = status === 200 ? 0 : refusals + 1
    if (status === 200) last = performance.now() - begun
    await sleep(20)
  }
  return last
}

/** Entra ID tells nobody of a session that it ended: the next renewal shows it, one lifetime of a pass later at most. */
const passSeconds = 5
const patienceOf = ({ kind }: Idp): number => (kind === 'entra-shaped' ? passSeconds * 1_000 : 0) + 2_500

export async function walkProvider(plane: PlaneId, idp: Idp): Promise<void> {
  const pass = idp.kind === 'entra-shaped' ? { pass: `${passSeconds}s` } : {}
  const bench = await startIdentityBench(plane, { idp, ...pass })
  try {
    const browser = await bench.signedIn(people.ana, 'plain', 'app')
    bench.backend.forget()
    expect(await statusAt(bench, browser, 'plain')).toBe(200)
    const groups = (seenNames(bench, 'lockgate-groups')[0]?.[1] ?? '').split(',').map(decodeURIComponent)
    expect(groups).toEqual(expect.arrayContaining(['role:hr']))
    expect(
      groups.some((one) => one.includes('hr-staff') || /^[0-9a-f-]{36}$/.test(one)),
      groups.join(),
    ).toBe(true)
    await browser.open(`${bench.origin('app')}/.lockgate/logout`, { form: {} })
    for (const site of ['app', 'plain'] as const) await untilRefused(() => statusAt(bench, browser, site), 2_500)

    const other = await bench.signedIn(people.ben, 'plain', 'app')
    expect(await statusAt(bench, other, 'app')).toBe(200)
    await idp.endSessions(people.ben.login)
    for (const site of ['app', 'plain'] as const)
      await untilRefused(() => statusAt(bench, other, site), patienceOf(idp))
  } finally {
    await bench.close()
  }
}
