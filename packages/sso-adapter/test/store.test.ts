import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { randomId, sha256 } from '../src/random.ts'
import type { SessionRecord, Store } from '../src/store.ts'
import type { ApiToken } from '../src/types.ts'
import { type Opened, stores } from './stores.ts'

const minute = 60_000

function record(now: number, over: Partial<SessionRecord> & { readonly user?: string } = {}): SessionRecord {
  const { user = 'ana', ...rest } = over
  return {
    session: {
      ...{ sid: randomId(), issuer: 'https://idp', subject: user, user, email: null, name: '美玲', groups: ['a', 'b'] },
      ...{ acr: '2', amr: ['pwd', 'otp'], contexts: [], authTime: now, mfaAt: now },
      ...{ createdAt: now, lastSeenAt: now, endsAt: now + 600 * minute, renewAt: now + minute, device: null },
    },
    ...{ idpSubject: user, idpSession: 'idp-session', sealed: 'sealed', version: 1 },
    ...{ expiresAt: now + 30 * minute, refreshSentAt: null },
    ...rest,
  }
}

describe.each(stores)('store: $name', ({ there, open }) => {
  let clock: number
  let opened: Opened
  let store: Store
  let other: Store
  beforeEach(async () => {
    clock = Date.now()
    opened = await open(() => clock)
    store = opened.again()
    other = opened.again()
  })
  afterEach(() => opened?.close())
  const test = it.skipIf(!there)

  test('keeps a session under each of its keys, for every process', async () => {
    const one = record(clock)
    const { sid } = one.session
    await store.sessions.create(one, 'first')
    expect(await other.sessions.find('first')).toEqual(one)
    expect(await other.sessions.addKey(sid, 'host', 'hr.acme.test')).toBe(true)
    expect(await store.sessions.find('host')).toEqual(one)
    expect(await store.sessions.get(sid)).toEqual(one)
    expect(await store.sessions.find('unknown')).toBeNull()
    expect(await store.sessions.get('unknown')).toBeNull()
    expect(await store.sessions.count()).toBe(1)
  })

  test('keeps the newest four keys of a host, and those of others', async () => {
    const one = record(clock)
    await store.sessions.create(one, 'login')
    await store.sessions.addKey(one.session.sid, 'other', 'wiki.acme.test')
    for (const key of ['1', '2', '3', '4', '5', '6']) await store.sessions.addKey(one.session.sid, key, 'hr.acme.test')
    const found = async (key: string) => (await store.sessions.find(key)) !== null
    expect(await Promise.all(['login', 'other', '1', '2', '3', '4', '5', '6'].map(found))).toEqual([
      ...[true, true, false, false, true, true, true, true],
    ])
  })

  test('ends a session once, with all its keys, and says so to others', async () => {
    const one = record(clock)
    const { sid } = one.session
    await store.sessions.create(one, 'first')
    await store.sessions.addKey(sid, 'host', 'hr.acme.test')
    const { cursor } = await other.feed(null)
    const ends = await Promise.all([store.sessions.end(sid, 'logout'), other.sessions.end(sid, 'idle')])
    expect(ends.filter((end) => end !== null)).toEqual([one])
    expect(await store.sessions.find('first')).toBeNull()
    expect(await store.sessions.find('host')).toBeNull()
    expect(await store.sessions.addKey(sid, 'late', 'hr.acme.test')).toBe(false)
    expect(await store.sessions.find('late')).toBeNull()
    const page = await other.feed(cursor)
    expect(page).toMatchObject({ lost: false, events: [{ kind: 'ended', id: sid }] })
    expect((await other.feed(page.cursor)).events).toEqual([])
    expect(await store.sessions.count()).toBe(0)
  })

  test('changes a session for who knows its newest version only, and never brings one back', async () => {
    const one = record(clock)
    await store.sessions.create(one, 'first')
    const { cursor } = await store.feed(null)
    const next = { ...one, version: 2, sealed: 'rotated', session: { ...one.session, groups: ['a'] } }
    const outcomes = await Promise.all([store.sessions.replace(next), other.sessions.replace(next)])
    expect(outcomes.toSorted()).toEqual([false, true])
    expect(await other.sessions.get(one.session.sid)).toEqual(next)
    expect((await store.feed(cursor)).events).toEqual([{ kind: 'changed', id: one.session.sid }])
    await store.sessions.end(one.session.sid, 'logout')
    expect(await store.sessions.replace({ ...next, version: 3 })).toBe(false)
    expect(await store.sessions.find('first')).toBeNull()
  })

  test('notes activity forward only, and keeps it through a change', async () => {
    const one = record(clock)
    const { sid } = one.session
    await store.sessions.create(one, 'first')
    await store.sessions.touch(sid, clock + 5_000, clock + 50_000)
    await store.sessions.touch(sid, clock + 2_000, clock + 20_000)
    await store.sessions.refreshSent(sid, clock + 1)
    expect(await store.sessions.get(sid)).toMatchObject({
      ...{ expiresAt: clock + 50_000, refreshSentAt: clock + 1, session: { lastSeenAt: clock + 5_000 } },
    })
    await store.sessions.replace({ ...one, version: 2 })
    expect(await store.sessions.get(sid)).toMatchObject({
      ...{ expiresAt: clock + 50_000, refreshSentAt: null, session: { lastSeenAt: clock + 5_000 } },
    })
    const sooner = { ...one.session, endsAt: clock + 10_000 }
    await store.sessions.replace({ ...one, version: 3, session: sooner })
    expect(await store.sessions.get(sid)).toMatchObject({ expiresAt: clock + 10_000 })
  })

  test("finds a person's sessions, and those of one session at the IdP", async () => {
    const ofAna = [record(clock), record(clock), record(clock, { idpSession: null })]
    const ofBen = record(clock, { user: 'ben', idpSession: 'another' })
    for (const [at, one] of [...ofAna, ofBen].entries()) await store.sessions.create(one, `key ${at}`)
    const sids = (records: readonly SessionRecord[]) => records.map((one) => one.session.sid).toSorted()
    expect(sids(await other.sessions.ofSubject('https://idp', 'ana'))).toEqual(sids(ofAna))
    expect(sids(await other.sessions.ofIdpSession('https://idp', 'idp-session'))).toEqual(sids(ofAna.slice(0, 2)))
    expect(await other.sessions.ofSubject('https://idp/other', 'ana')).toEqual([])
    await store.sessions.end(ofAna[0]?.session.sid ?? '', 'logout')
    expect(await other.sessions.ofSubject('https://idp', 'ana')).toHaveLength(2)
  })

  test('names the sessions whose end has come', async () => {
    const [soon, late] = [record(clock, { expiresAt: clock + 1_000 }), record(clock)]
    await store.sessions.create(soon, 'soon')
    await store.sessions.create(late, 'late')
    expect(await store.sessions.due(10)).toEqual([])
    clock += 1_000
    expect(await store.sessions.due(10)).toEqual([soon.session.sid])
    clock += 30 * minute
    expect(await store.sessions.due(1)).toHaveLength(1)
  })

  test('gives an entry to one taker, and none after its end', async () => {
    await store.entries.put('codes', 'one', 'value with spaces', clock + 1_000)
    const taken = await Promise.all([store.entries.take('codes', 'one'), other.entries.take('codes', 'one')])
    expect(taken.filter((value) => value !== null)).toEqual(['value with spaces'])
    await store.entries.put('codes', 'two', 'value', clock + 1_000)
    clock += 1_000
    expect(await store.entries.take('codes', 'two')).toBeNull()
    expect(await store.entries.get('codes', 'two')).toBeNull()
  })

  test('adds an entry once while it lasts', async () => {
    const add = (from: Store, value: string) => from.entries.add('locks', 'one', value, clock + 1_000)
    const added = await Promise.all([add(store, 'a'), add(other, 'b')])
    expect(added.toSorted()).toEqual([false, true])
    const holder = added[0] ? 'a' : 'b'
    expect(await store.entries.remove('locks', 'one', 'somebody else')).toBe(false)
    expect(await store.entries.get('locks', 'one')).toBe(holder)
    expect(await other.entries.remove('locks', 'one', holder)).toBe(true)
    expect(await add(other, 'c')).toBe(true)
    clock += 1_000
    expect(await add(store, 'd')).toBe(true)
    expect(await store.entries.add('elsewhere', 'one', 'e', clock + 1)).toBe(true)
  })

  test('lists what lasts in a collection', async () => {
    await store.entries.put('keys', 'a', '1', clock + 1_000)
    await store.entries.put('keys', 'b', '2', clock + 5_000)
    await store.entries.put('keys', 'c', '3', clock + 5_000)
    await store.entries.put('keys', 'c', '4', clock + 5_000)
    await store.entries.take('keys', 'b')
    await store.entries.put('others', 'd', '5', clock + 5_000)
    const list = async () => (await other.entries.list('keys')).map(({ name, value }) => name + value).toSorted()
    expect(await list()).toEqual(['a1', 'c4'])
    clock += 1_000
    await store.sweep()
    expect(await list()).toEqual(['c4'])
    expect(await other.entries.list('nothing')).toEqual([])
  })

  test('keeps tokens by their hash, and revokes them once for all', async () => {
    const token: ApiToken = {
      ...{ id: 'id-1', name: 'ci', owner: 'ana', kind: 'service', scopes: ['hr'], createdAt: clock },
      ...{ expiresAt: clock + minute, lastUsedAt: null, revokedAt: null },
    }
    await store.tokens.create(sha256('secret'), token)
    expect(await other.tokens.find(sha256('secret'))).toEqual(token)
    expect(await other.tokens.find(sha256('other'))).toBeNull()
    await store.tokens.used('id-1', clock + 5)
    await other.tokens.used('id-1', clock + 3)
    const { cursor } = await other.feed(null)
    expect(await store.tokens.revoke('id-1', clock + 9)).toBe(true)
    expect(await other.tokens.revoke('id-1', clock + 10)).toBe(false)
    expect(await other.tokens.revoke('unknown', clock)).toBe(false)
    expect(await other.tokens.list()).toEqual([{ ...token, lastUsedAt: clock + 5, revokedAt: clock + 9 }])
    expect((await other.feed(cursor)).events).toEqual([{ kind: 'token', id: 'id-1' }])
  })
})
