import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Session } from '@lockgate/sso-adapter'
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { expect, onTestFinished, test } from 'vitest'
import { openPassKeys, shardOf } from './pass-keys.ts'
import { createPasses } from './passes.ts'

const lifetime = 60_000
const origin = 'https://app.acme.test'

const session = (more: Partial<Session> = {}): Session => ({
  issuer: 'https://idp.acme.test',
  subject: 's-1',
  user: 'ana',
  email: 'ana@acme.test',
  name: 'Ana',
  groups: ['hr', 'Köln, Finanzen'],
  acr: '2',
  amr: ['pwd', 'otp'],
  contexts: [],
  authTime: 1_000_000,
  mfaAt: 1_000_000,
  sid: 'sid-1',
  createdAt: 0,
  lastSeenAt: 0,
  endsAt: Number.MAX_SAFE_INTEGER,
  renewAt: null,
  device: null,
  ...more,
})

async function ground() {
  const folder = mkdtempSync(join(tmpdir(), 'lockgate-passes-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'keys'))
  const clock = { now: Date.now() }
  const path = join(folder, 'keys/pass.json')
  const open = () => openPassKeys({ path, lifetime, now: () => clock.now })
  const keys = await open()
  const passes = createPasses({ keys, issuer: 'https://login.acme.test', lifetime, now: () => clock.now })
  return { folder, path, clock, keys, open, passes }
}

test('the same pass until half of it is over, then another one; what is presented counts across processes', async () => {
  const { clock, passes, keys } = await ground()
  const first = passes.give(session(), origin, null)
  expect(first).toMatchObject({ renewed: true, maxAge: 57 })
  expect(passes.give(session(), origin, first?.token ?? '')).toMatchObject({ token: first?.token, renewed: false })
  const elsewhere = createPasses({ keys, issuer: 'https://login.acme.test', lifetime, now: () => clock.now })
  expect(elsewhere.give(session(), origin, first?.token ?? '')).toMatchObject({ renewed: false })
  clock.now += lifetime / 2 + 1_000
  expect(passes.give(session(), origin, first?.token ?? '')).toMatchObject({ renewed: true })
})

test.each<[string, Partial<Session>, string]>([
  ['another session', { sid: 'sid-2' }, origin],
  ['another host', {}, 'https://other.acme.test'],
])('a pass of %s is not taken for one', async (_title, more, where) => {
  const { passes } = await ground()
  const token = passes.give(session(), origin, null)?.token ?? ''
  expect(passes.give(session(more), where, token)).toMatchObject({ renewed: true })
})

test('a brief one names its session and nothing else of it, is a third as long, and no engine’s issuer', async () => {
  const { clock, keys, passes } = await ground()
  const issuer = 'https://login.acme.test'
  const brief = createPasses({ keys, issuer, lifetime, brief: true, now: () => clock.now })
  const token = brief.give(session(), origin, null)?.token ?? ''
  expect(Object.keys(decodeJwt(token)).toSorted()).toEqual(['aud', 'exp', 'iss', 'sid'])
  expect(token.length).toBeLessThan(320)
  const published = createLocalJWKSet({ keys: [...keys.publicKeys()] as never })
  await expect(jwtVerify(token, published, { issuer })).rejects.toThrow('iss')
  const elsewhere = createPasses({ keys, issuer, lifetime, brief: true, now: () => clock.now })
  expect(elsewhere.give(session(), origin, token)).toMatchObject({ token, renewed: false })
  expect(elsewhere.give(session({ sid: 'sid-2' }), origin, token)).toMatchObject({ renewed: true })
  expect(passes.give(session(), 'https://other.acme.test', token)).toMatchObject({ renewed: true })
})

test('Envoy takes none beyond the session’s next renewal, and it is not made anew for that at each request', async () => {
  const { clock, passes } = await ground()
  const soon = session({ renewAt: clock.now + 10_000 })
  const token = passes.give(soon, origin, null)?.token ?? ''
  // Envoy compares whole seconds, with one of grace.
  expect(((decodeJwt(token).exp ?? 0) + 2) * 1_000 - clock.now).toBeLessThanOrEqual(10_000)
  clock.now += 3_000
  expect(passes.give(soon, origin, token)).toMatchObject({ token, renewed: false })
  clock.now += 5_000
  expect(passes.give(soon, origin, token)).toBeNull()
  expect(passes.give({ ...soon, renewAt: clock.now + 60_000 }, origin, token)).toMatchObject({ renewed: true })
})

test('groups that do not fit a cookie are left out, and it says so', async () => {
  const { passes } = await ground()
  const many = session({ groups: Array.from({ length: 250 }, (_, index) => `projects/project-${index}`) })
  const token = passes.give(many, origin, null)?.token ?? ''
  expect(token.length).toBeLessThan(3_500)
  expect(decodeJwt(token)).toMatchObject({ groups_omitted: true })
  expect(decodeJwt(token)).not.toHaveProperty('groups')
  expect(decodeJwt(passes.give(session({ sid: 'sid-2' }), origin, null)?.token ?? '')).toMatchObject({
    groups: 'hr,K%C3%B6ln%2C Finanzen',
  })
})

test('the end of a session replaces its shard’s key for every process, and nothing is signed for it any more', async () => {
  const { folder, path, keys, open, passes } = await ground()
  const other = await open()
  const token = passes.give(session(), origin, null)?.token ?? ''
  await Promise.all([keys.withdraw(['sid-1']), other.withdraw(['sid-1'])])
  expect([keys.keyFor('sid-1'), other.keyFor('sid-1'), passes.give(session(), origin, token)]).toEqual([
    null,
    null,
    null,
  ])
  const serials = keys.publicKeys().map(({ kid }) => Number(String(kid).split('-')[2]))
  expect(serials.filter((serial) => serial !== 1)).toEqual([2])
  expect(serials[shardOf('sid-1')]).toBe(2)
  await expect(jwtVerify(token, createLocalJWKSet({ keys: [...keys.publicKeys()] as never }))).rejects.toThrow()
  expect(readFileSync(join(folder, 'denied.txt'), 'utf8')).toBe('sid-1 1\n')
  expect([statSync(path).mode & 0o777, statSync(join(folder, 'denied.txt')).mode & 0o777]).toEqual([0o600, 0o644])
})
