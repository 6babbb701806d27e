import { setTimeout as sleep } from 'node:timers/promises'
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { have } from '../../../test/lab/have.ts'
import { type Idp, people, signIn } from '../../../test/lab/idp/index.ts'
import { type RedisServer, startRedis } from '../../../test/lab/redis.ts'
import { askSocket, questionFor } from './engine-client.ts'
import { type AuditRecord, type GatewayPair, type GatewaySide, startPair } from './gateway-pair.ts'
import { until } from './gateway-stand.ts'
import { startIdp } from './identity-stand.ts'

const pass = 5_000

const passIn = (cookie: string): string => /__Host-lockgate_pass=([^;]+)/.exec(cookie)?.[1] ?? ''

/** As of when it was issued: what counts is whether its key is there. */
const verifiesAt = async ({ socket }: GatewaySide, token: string): Promise<boolean> => {
  const { body } = await askSocket(socket, { path: '/.lockgate/pass-jwks.json' })
  const currentDate = new Date((decodeJwt(token).iat ?? 0) * 1_000)
  return jwtVerify(token, createLocalJWKSet(JSON.parse(body) as JSONWebKeySet), { currentDate }).then(
    () => true,
    () => false,
  )
}

describe.skipIf(!have('redis'))('two gateways on one Redis', () => {
  const closers: (() => void | Promise<void>)[] = []
  const later = (work: () => void | Promise<void>): void => void closers.push(work)
  let idp: Idp
  let redis: RedisServer
  let pair: GatewayPair
  beforeAll(async () => {
    idp = await startIdp()
    later(() => idp.stop())
    redis = await startRedis()
    later(() => redis.stop())
    pair = await startPair(idp, redis.url, pass, later)
  }, 120_000)
  afterAll(async () => {
    for (const one of closers.toReversed()) await one()
  })

  const signedIn = async (person: (typeof people)['ana']): Promise<{ cookie: string; logOut(): Promise<unknown> }> => {
    const { stand } = pair
    const browser = stand.browser()
    expect((await signIn(browser, `${stand.app}/`, person)).status).toBe(200)
    return {
      cookie: browser.jar.header(new URL(stand.app), false, true) ?? '',
      logOut: () => browser.open(`${stand.app}/.lockgate/logout`, { form: {} }),
    }
  }
  /** Of both, by time: renewals, and sessions that ended. */
  const audited = async (): Promise<readonly AuditRecord[]> =>
    [...(await pair.a.audited()), ...(await pair.b.audited())]
      .filter(({ type }) => type === 'renewed' || type === 'session-ended')
      .toSorted((one, other) => Number(one.at) - Number(other.at))

  test('a pass of one is good at the engine of the other', async () => {
    const { cookie } = await signedIn(people.ana)
    expect(await verifiesAt(pair.a, passIn(cookie))).toBe(true)
    expect(await verifiesAt(pair.b, passIn(cookie))).toBe(true)
    expect((await pair.b.ask('/b', cookie)).status).toBe(200)
    const { body } = await askSocket(pair.b.socket, { path: '/.lockgate/pass-jwks.json' })
    expect((JSON.parse(body) as JSONWebKeySet).keys).toHaveLength(128)
  })

  test('200 requests at once on a session that is due: one refresh, no logout, no 5xx; at one gateway, and at two', async () => {
    const { a, b, stand } = pair
    const host = new URL(stand.app).host
    const burst = async (cookie: string, sides: readonly GatewaySide[]): Promise<readonly number[]> => {
      const asked = Array.from({ length: 200 }, (_, index) => {
        const headers = questionFor('app', `/r-${index}`, host, { cookie })
        return askSocket(sides[index % sides.length]?.socket ?? '', { path: '/.lockgate/decide', headers })
      })
      return [...new Set((await Promise.all(asked)).map(({ status }) => status))]
    }
    const [ben, mei] = [await signedIn(people.ben), await signedIn(people.mei)]
    await sleep(pass + 200)
    const before = await audited()
    const began = Date.now()
    expect(await Promise.all([burst(ben.cookie, [a]), burst(mei.cookie, [a, b])])).toEqual([[200], [200]])
    // On a slow machine the next renewal may be due before all have asked.
    const most = 1 + Math.floor((Date.now() - began + 500) / ((pass * 2) / 3))
    await until(async () => (await audited()).length >= before.length + 2, 'two renewals in the audit logs')
    // Longer than their writers wait.
    await sleep(300)
    const since = (await audited()).slice(before.length)
    expect(new Set(since.map(({ type }) => type))).toEqual(new Set(['renewed']))
    const sids = [...new Set(since.map(({ sid }) => sid))]
    expect(sids).toHaveLength(2)
    for (const own of sids) expect(since.filter(({ sid }) => sid === own).length).toBeLessThanOrEqual(most)
    // The refresh tokens of both are good still: one used twice would have ended its session.
    await sleep(pass + 200)
    expect([await a.ask('/on', ben.cookie), await b.ask('/on', mei.cookie)].map(({ status }) => status)).toEqual([
      200, 200,
    ])
  })

  test('a logout at one holds at the other within a second, and so does the end of its pass', async () => {
    const { cookie, logOut } = await signedIn(people.ana)
    expect((await pair.b.ask('/b', cookie)).status).toBe(200)
    await logOut()
    const began = Date.now()
    await until(async () => (await pair.b.ask('/b', cookie)).status === 401, 'denied at the other', 5_000)
    expect(Date.now() - began).toBeLessThan(1_000)
    await until(async () => !(await verifiesAt(pair.b, passIn(cookie))), 'its key is gone there', 5_000)
    expect(Date.now() - began).toBeLessThan(1_500)
  })

  test('Redis down: 503 with Retry-After at both, never a login; back by itself, the session with it', async () => {
    const { cookie } = await signedIn(people.ben)
    await redis.pause()
    // What was looked up just now is believed for a moment.
    await sleep(1_500)
    for (const side of [pair.a, pair.b]) {
      const { status, headers } = await side.ask('/down', cookie)
      expect([status, headers['retry-after']]).toEqual([503, expect.stringMatching(/^[1-9]\d*$/)])
    }
    await redis.resume()
    for (const side of [pair.a, pair.b])
      await until(async () => (await side.ask('/back', cookie)).status === 200, 'back by itself', 10_000)
    const secrets = [idp.client.secret, ...cookie.split('; ').map((one) => one.slice(one.indexOf('=') + 1))]
    for (const secret of secrets) expect(`${pair.a.log()}${pair.b.log()}`).not.toContain(secret)
  })
})
