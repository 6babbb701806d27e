import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { have } from '../../../test/lab/have.ts'
import { startRedis } from '../../../test/lab/redis.ts'
import { createSso } from '../src/create-sso.ts'
import { openStore } from '../src/open-store.ts'
import { type AtIssuer, atIssuer, origin, signedIn } from './at-issuer.ts'
import { stores } from './stores.ts'

const minute = 60_000

describe('a session', () => {
  let at: AtIssuer
  beforeEach(async () => {
    at = await atIssuer()
  })
  afterEach(() => at.stop())

  it('ends when nothing was asked for the idle time, and not before', async () => {
    const { key } = await signedIn(at)
    for (let step = 0; step < 4; step += 1) {
      at.clock.ahead += 29 * minute
      expect(await at.sso.lookup(key, null)).toMatchObject({ kind: 'session' })
    }
    at.clock.ahead += 31 * minute
    expect(await at.sso.lookup(key, null)).toEqual({ kind: 'none', because: 'idle' })
    expect(await at.store.sessions.count()).toBe(0)
  })

  it('is not kept alive by a stream that is open', async () => {
    const { key } = await signedIn(at)
    const heard: unknown[] = []
    at.sso.onEnded((ended) => heard.push(ended))
    for (let times = 0; times < 3; times += 1) {
      at.clock.ahead += 9 * minute
      expect(await at.sso.lookup(key, null, { activity: false })).toMatchObject({ kind: 'session' })
    }
    at.clock.ahead += 4 * minute
    expect(await at.sso.lookup(key, null, { activity: false })).toEqual({ kind: 'none', because: 'idle' })
    await expect.poll(() => heard).toHaveLength(1)
  })

  it('ends without anybody asking, within seconds of its end', async () => {
    await signedIn(at)
    const heard: unknown[] = []
    at.sso.onEnded((ended) => heard.push(ended))
    at.clock.ahead += 31 * minute
    await expect.poll(() => heard, { timeout: 6_000 }).toHaveLength(1)
    expect(at.events.at(-1)).toMatchObject({ type: 'session-ended', because: 'idle' })
  })

  it('ends at its absolute end, however busy', async () => {
    const { key } = await signedIn(at)
    for (let hours = 0; hours < 11.5; hours += 0.4) {
      at.clock.ahead += 24 * minute
      expect(await at.sso.lookup(key, null)).toMatchObject({ kind: 'session' })
    }
    at.clock.ahead += 24 * minute
    expect(await at.sso.lookup(key, null)).toEqual({ kind: 'none', because: 'ended' })
    expect(at.events.at(-1)).toMatchObject({ type: 'session-ended', because: 'absolute' })
  })

  it('is a new one at every login and step-up; the one before ends (fixation)', async () => {
    const first = await signedIn(at)
    const code = await at.sso.handOff(first.session, 'hr.acme.test', 'binding')
    const host = await at.sso.redeem(code, 'hr.acme.test', 'binding')
    const second = await at.login({}, first.key)
    if (second.kind !== 'signed-in') throw new Error(second.kind)
    expect(second.key).not.toBe(first.key)
    expect(second.session.sid).not.toBe(first.session.sid)
    expect(await at.sso.lookup(first.key, null)).toEqual({ kind: 'none', because: 'unknown' })
    expect(await at.sso.lookup(host?.key ?? '', 'hr.acme.test')).toEqual({ kind: 'none', because: 'unknown' })
    expect(at.events.filter(({ type }) => type === 'session-ended')).toMatchObject([{ because: 'replaced' }])
  })

  it("of a person is listed beside their others, and nobody else's", async () => {
    const [one, two] = [await signedIn(at), await signedIn(at)]
    at.idp.behaviour.claims = { sub: 'ben-id', preferred_username: 'ben' }
    await signedIn(at)
    const sids = (await at.sso.sessionsOf(one.session)).map(({ sid }) => sid).toSorted()
    expect(sids).toEqual([one.session.sid, two.session.sid].toSorted())
  })

  it("ends at the provider's page as well, which gets its hint", async () => {
    const { session } = await signedIn(at)
    const { endSession } = await at.sso.end(session.sid, 'logout', `${origin}/.lockgate/signed-out`)
    const { searchParams, pathname } = new URL(endSession ?? '')
    expect(pathname).toBe('/end')
    expect(searchParams.get('post_logout_redirect_uri')).toBe(`${origin}/.lockgate/signed-out`)
    expect(searchParams.get('id_token_hint')?.split('.')).toHaveLength(3)
    expect(await at.sso.end(session.sid, 'logout')).toEqual({ endSession: null })
  })

  it('hands off for 30 seconds', async () => {
    const { session } = await signedIn(at)
    const code = await at.sso.handOff(session, 'hr.acme.test', 'binding')
    at.clock.ahead += 30_000
    expect(await at.sso.redeem(code, 'hr.acme.test', 'binding')).toBeNull()
    const late = await at.sso.handOff(session, 'hr.acme.test', 'binding')
    await at.sso.end(session.sid, 'logout')
    expect(await at.sso.redeem(late, 'hr.acme.test', 'binding')).toBeNull()
  })

  it('is the same object until it changes', async () => {
    const { key } = await signedIn(at)
    await expect.poll(() => isRemembered(at, key)).toBe(true)
  })

  it('keeps neither cookie values nor tokens where it is stored', async () => {
    const { key, session } = await signedIn(at)
    const stored = JSON.stringify(await at.store.sessions.get(session.sid))
    expect(stored).not.toContain(key)
    expect(stored).not.toMatch(/eyJ/)
    expect(stored).toContain('"sealed"')
  })

  it('tells an audit log who, by a name that tells nobody else', async () => {
    await signedIn(at)
    await signedIn(at)
    const logins = at.events.filter((event) => event.type === 'login')
    expect(logins).toHaveLength(2)
    expect(logins[0]?.subject).toBe(logins[1]?.subject)
    expect(JSON.stringify(at.events)).not.toMatch(/ana/)
  })
})

describe.each(stores)('a session that another process ends: $name', ({ there, open }) => {
  it.skipIf(!there)('is over here within a second, and so is a revoked token', async () => {
    const opened = await open(Date.now)
    onTestFinished(opened.close)
    const at = await atIssuer({ store: opened.again() })
    onTestFinished(at.stop)
    const settings = { ...sharedSettings(at), mfa: { acr: [], amr: [] } }
    const other = createSso({
      ...{ settings, store: opened.again(), sealKey: new Uint8Array(32) },
      credentials: async () => at.idp.behaviour.secret,
    })
    onTestFinished(other.close)
    const { token, record } = await at.sso.tokens.issue({
      ...{ name: 'ci', owner: 'ana', kind: 'service', scopes: ['*'], expiresAt: Date.now() + minute },
    })
    const heard: unknown[] = []
    const stop = at.sso.onEnded((ended) => heard.push(ended))
    const times: number[] = []
    for (let round = 0; round < 5; round += 1) {
      const { key, session } = await signedIn(at)
      await expect.poll(() => isRemembered(at, key), { timeout: 5_000 }).toBe(true)
      const began = performance.now()
      await other.end(session.sid, 'by-operator')
      await expect.poll(() => heard, { interval: 10, timeout: 5_000 }).toContainEqual({ sid: session.sid })
      times.push(performance.now() - began)
      expect(await at.sso.lookup(key, null)).toEqual({ kind: 'none', because: 'unknown' })
    }
    expect(times.toSorted((a, b) => a - b)[2], `milliseconds: ${times}`).toBeLessThan(1_000)
    expect(await at.sso.bearer(token, 'hr')).toMatchObject({ kind: 'accepted' })
    await other.tokens.revoke(record.id)
    await expect.poll(() => heard, { timeout: 5_000 }).toContainEqual({ token: record.id })
    expect(await at.sso.bearer(token, 'hr')).toMatchObject({ kind: 'refused', because: 'the token was revoked' })
    stop()
  })
})

/** Two lookups that give the same object were answered from memory. */
async function isRemembered({ sso }: AtIssuer, key: string): Promise<boolean> {
  const [one, two] = [await sso.lookup(key, null), await sso.lookup(key, null)]
  return one.kind === 'session' && two.kind === 'session' && one.session === two.session
}

const sharedSettings = ({ idp }: AtIssuer) => ({
  ...{ origin, issuer: idp.issuer, clientId: 'lockgate' },
  claims: { user: 'preferred_username', require: [], groups: 'groups' },
  session: { idle: 30 * minute, absolute: 720 * minute, pass: minute },
  api: { audience: [], introspection: false },
})

describe('a store that is down', () => {
  it.skipIf(!have('redis'))('redis: means unavailable, never a login or a session, until it is back', async () => {
    const server = await startRedis()
    onTestFinished(server.stop)
    const store = openStore(server.url)
    const at = await atIssuer({ store })
    onTestFinished(async () => {
      await at.stop()
      await store.close()
    })
    const { key, session } = await signedIn(at)
    await expect.poll(() => at.sso.lookup(key, null)).toMatchObject({ kind: 'session' })
    const { token } = await at.sso.tokens.issue({
      ...{ name: 'ci', owner: 'ana', kind: 'service', scopes: ['*'], expiresAt: Date.now() + minute },
    })
    const down = { kind: 'unavailable', retryAfter: 2 }
    for (const [stop, start] of [
      [server.freeze, server.thaw],
      [server.pause, server.resume],
    ] as const) {
      await stop()
      await new Promise((resolve) => setTimeout(resolve, 1_300))
      expect(await at.sso.lookup(key, null)).toMatchObject(down)
      expect(await at.sso.bearer(token, 'hr')).toMatchObject(down)
      await expect(at.sso.handOff(session, 'hr.acme.test', 'b')).rejects.toThrow()
      const begun = await at.begin()
      const url = at.idp.authorize(begun.kind === 'begun' ? begun.location : '')
      expect(await at.finish(url)).toMatchObject({ kind: 'unavailable' })
      expect(await at.sso.backChannelLogout('logout_token=x')).toMatchObject({ status: 400 })
      await start()
      await expect.poll(() => at.sso.lookup(key, null), { timeout: 5_000 }).toMatchObject({ kind: 'session' })
      expect(await at.sso.bearer(token, 'hr')).toMatchObject({ kind: 'accepted' })
    }
  })

  it('sqlite: another process that holds the file is waited for a second, then it is unavailable', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lg-sso-'))
    const path = join(folder, 'sessions.sqlite')
    const store = openStore(`sqlite:${path}`)
    const at = await atIssuer({ store })
    const { session } = await signedIn(at)
    onTestFinished(async () => {
      await at.stop()
      await store.close()
      rmSync(folder, { recursive: true })
    })
    const holder = new DatabaseSync(path)
    holder.exec('BEGIN IMMEDIATE')
    const begun = await at.begin()
    const url = at.idp.authorize(begun.kind === 'begun' ? begun.location : '')
    expect(await at.finish(url)).toMatchObject({ kind: 'unavailable' })
    holder.exec('ROLLBACK')
    expect(await at.login()).toMatchObject({ kind: 'signed-in' })
    expect(await at.sso.sessionsOf(session)).toHaveLength(2)
    holder.close()
  })
})
