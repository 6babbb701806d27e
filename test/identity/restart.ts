/** What people meet while their identity provider restarts: nothing until a renewal is due, then 503 and no logout, and afterwards all as before. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readRecords } from '@lockgate/audit-log'
import type { PlaneId } from '@lockgate/model'
import { expect } from 'vitest'
import type { Browser, Idp } from '../lab/idp/index.ts'
import { type IdentityBench, people, startIdentityBench } from './identity-bench.ts'

const passMs = 12_000
const atOnce = 4
const program = { accept: '*/*', 'sec-fetch-mode': 'cors' }

interface Answer {
  readonly at: number
  readonly status: number
  readonly retryAfter: string | null
}

interface Crowd {
  readonly bench: IdentityBench
  readonly browser: Browser
  readonly answers: Answer[]
  leave(): Promise<void>
}

/** Signed in, and asking all the time. */
async function enter(plane: PlaneId, idp: Idp): Promise<Crowd> {
  const bench = await startIdentityBench(plane, { idp, pass: `${passMs / 1_000}s` })
  const browser = await bench.signedIn(people.ben, 'plain').catch(async (error: unknown) => {
    await bench.close()
    throw error
  })
  const answers: Answer[] = []
  let over = false
  const visit = async (): Promise<void> => {
    while (!over) {
      const at = Date.now()
      const { status, headers } = await browser.ask(`${bench.origin('plain')}/x`, { headers: program })
      answers.push({ at, status, retryAfter: (headers['retry-after'] as string | undefined) ?? null })
      await sleep(50)
    }
  }
  const visits = Promise.all(Array.from({ length: atOnce }, visit))
  visits.catch(() => undefined)
  const leave = async (): Promise<void> => {
    over = true
    await visits.finally(() => bench.close())
  }
  return { bench, browser, answers, leave }
}

/** When the provider last said who this is. */
async function lastKnown({ state }: IdentityBench, before: number): Promise<number> {
  let last = 0
  for await (const { record } of readRecords(join(state, 'log/bench'))) {
    const { type, at } = record as { readonly type?: string; readonly at?: number }
    if ((type === 'login' || type === 'renewed') && at !== undefined && at < before) last = at
  }
  return last
}

async function until(holds: () => boolean, what: string, ms: number): Promise<void> {
  for (const end = Date.now() + ms; !holds(); await sleep(50))
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
}

async function judge({ bench, browser, answers }: Crowd): Promise<void> {
  const refused = answers.find(({ status }) => status !== 200) as Answer
  // The renewal that ended here was asked for a little before it was noted.
  const calm = refused.at - (await lastKnown(bench, refused.at))
  expect(calm, `${bench.plane}: 200 until a renewal is due`).toBeGreaterThan(passMs - 2_000)
  expect([...new Set(answers.map(({ status }) => status))], bench.plane).toEqual([200, 503])
  expect(
    answers.filter(({ status }) => status === 503).every(({ retryAfter }) => /^[1-9]\d*$/.test(retryAfter ?? '')),
    bench.plane,
  ).toBe(true)
  const page = await browser.ask(`${bench.origin('plain')}/x`)
  expect(page.status, `${bench.plane}: the same session afterwards, without a login`).toBe(200)
}

export async function walkRestart(planes: readonly PlaneId[], idp: Idp): Promise<void> {
  const crowds: Crowd[] = []
  try {
    // One after the other: the provider knows one login origin at a time.
    for (const plane of planes) crowds.push(await enter(plane, idp))
    await idp.pause()
    for (const { answers, bench } of crowds)
      await until(() => answers.at(-1)?.status === 503, `${bench.plane}: a renewal is due`, passMs + 10_000)
    const page = await crowds[0]?.browser.ask(`${crowds[0].bench.origin('plain')}/x`)
    expect([page?.status, page?.headers['set-cookie']]).toEqual([503, undefined])
    expect(page?.body).toContain('try again in a moment')
    await idp.resume()
    const resumed = Date.now()
    for (const { answers, bench } of crowds)
      await until(
        () => answers.slice(-3 * atOnce).every(({ at, status }) => at > resumed && status === 200),
        `${bench.plane}: as before`,
        20_000,
      )
    for (const crowd of crowds) await judge(crowd)
  } finally {
    for (const { leave } of crowds) await leave()
  }
}
