import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startChild } from '../../../test/lab/child.ts'
import { have } from '../../../test/lab/have.ts'
import { people, startOidcProvider } from '../../../test/lab/idp/index.ts'
import { startRedis } from '../../../test/lab/redis.ts'
import { openStore } from '../src/open-store.ts'
import { createIdpLine, type IdpLine } from './idp-line.ts'
import type { Done, Work } from './look-up-often.ts'
import { loggedIn, type OpenSso, openSso, settingsFor, startWorld, type World } from './world.ts'

const program = fileURLToPath(new URL('./look-up-often.ts', import.meta.url))
const second = 1_000

let world: World
beforeAll(async () => {
  world = await startWorld(() => startOidcProvider({ otp: 'on-request', hosts: { 'login.acme.test': '127.0.0.1' } }))
})
afterAll(() => world?.stop())

async function withLine(test: (open: OpenSso, line: IdpLine) => Promise<void>): Promise<void> {
  const line = createIdpLine(world.idp.ca)
  const open = openSso(world, { fetch: line.fetch })
  try {
    await test(open, line)
  } finally {
    await open.sso.close()
    await line.close()
  }
}

describe('renewal at the identity provider', () => {
  it('is due after one pass lifetime, and happens in the background before', () =>
    withLine(async ({ sso, clock, events }, { counts }) => {
      const { key } = await loggedIn(world, sso, people.ben)
      clock.ahead += 39 * second
      await sso.lookup(key, null)
      expect(counts.refreshes).toBe(0)
      clock.ahead += 2 * second
      await sso.lookup(key, null)
      await expect.poll(() => events.filter((one) => one.type === 'renewed').length).toBe(1)
      const renewed = await sso.lookup(key, null)
      const ahead = renewed.kind === 'session' ? (renewed.session.renewAt ?? 0) - Date.now() - clock.ahead : 0
      expect(ahead).toBeGreaterThan(55 * second)
      expect(counts.refreshes).toBe(1)
    }))

  it('goes on for longer than the tokens live, with each new refresh token', () =>
    withLine(async ({ sso, clock }, { counts }) => {
      const { key } = await loggedIn(world, sso, people.ben)
      for (let round = 1; round <= 5; round += 1) {
        clock.ahead += 61 * second
        expect(await sso.lookup(key, null)).toMatchObject({ kind: 'session' })
        expect(counts.refreshes).toBe(round)
      }
    }))

  it('counts from the question, however long the answer takes', () =>
    withLine(async ({ sso, clock }, { fault }) => {
      const { key } = await loggedIn(world, sso, people.ben)
      clock.ahead += 61 * second
      const asked = Date.now() + clock.ahead
      fault.slowMs = 500
      const answer = sso.lookup(key, null)
      await new Promise((resolve) => setTimeout(resolve, 250))
      clock.ahead += 20 * second
      const renewed = await answer
      const until = renewed.kind === 'session' ? (renewed.session.renewAt ?? 0) - asked : 0
      expect(until).toBeGreaterThan(55 * second)
      expect(until).toBeLessThan(61 * second)
    }))

  it('shows a lost group, and ends the session of a disabled account', () =>
    withLine(async ({ sso, clock, events }) => {
      const { key, session } = await loggedIn(world, sso, people.ana)
      expect(session.groups).toContain('staff/payroll')
      await world.idp.removeFromGroup('ana', 'staff/payroll')
      clock.ahead += 61 * second
      const found = await sso.lookup(key, null)
      expect(found).toMatchObject({ kind: 'session', session: { groups: ['hr-staff', 'role:hr'] } })
      await world.idp.disable('ana')
      clock.ahead += 61 * second
      expect(await sso.lookup(key, null)).toEqual({ kind: 'none', because: 'renewal-refused' })
      expect(await sso.lookup(key, null)).toEqual({ kind: 'none', because: 'unknown' })
      expect(events.at(-1)).toMatchObject({ type: 'session-ended', because: 'renewal-refused' })
      await world.idp.enable('ana')
      await world.idp.addToGroup('ana', 'staff/payroll')
    }))

  it('asks twice where an answer got lost, and then leaves one pass lifetime to sign in anew', () =>
    withLine(async ({ sso, clock }, { counts, fault }) => {
      const { key } = await loggedIn(world, sso, people.ben)
      clock.ahead += 61 * second
      fault.lose = 1
      expect(await sso.lookup(key, null)).toMatchObject({ kind: 'session', session: { renewAt: null } })
      expect(counts.refreshes).toBe(2)
      clock.ahead += 59 * second
      expect(await sso.lookup(key, null)).toMatchObject({ kind: 'session' })
      clock.ahead += 1 * second
      expect(await sso.lookup(key, null)).toEqual({ kind: 'none', because: 'renewal-refused' })
    }))

  it('waits while the identity provider is away, and goes on when it is back', () =>
    withLine(async ({ sso, clock }, { fault }) => {
      const { key } = await loggedIn(world, sso, people.ben)
      fault.cut = true
      clock.ahead += 45 * second
      expect(await sso.lookup(key, null)).toMatchObject({ kind: 'session' })
      clock.ahead += 16 * second
      expect(await sso.lookup(key, null)).toMatchObject({ kind: 'unavailable', retryAfter: 2 })
      fault.cut = false
      clock.ahead += 2 * second
      expect(await sso.lookup(key, null)).toMatchObject({ kind: 'session' })
    }))

  it('outlives a restart of the identity provider', () =>
    withLine(async ({ sso, clock, problems }) => {
      const { key } = await loggedIn(world, sso, people.ben)
      await world.idp.pause()
      clock.ahead += 61 * second
      expect(await sso.lookup(key, null)).toMatchObject({ kind: 'unavailable' })
      expect(problems.at(-1)).toMatch(/nothing listens at its address/)
      await world.idp.resume()
      clock.ahead += 2 * second
      expect(await sso.lookup(key, null)).toMatchObject({ kind: 'session' })
    }))

  it('of one session happens once for 200 who ask at once', () =>
    withLine(async ({ sso, clock }, { counts }) => {
      const { key } = await loggedIn(world, sso, people.ben)
      clock.ahead += 61 * second
      const found = await Promise.all(Array.from({ length: 200 }, () => sso.lookup(key, null)))
      expect(found.filter(({ kind }) => kind === 'session')).toHaveLength(200)
      expect(counts.refreshes).toBe(1)
    }))
})

/** Signs in here, then lets two processes ask at the same moment. */
async function askInTwoProcesses(store: string): Promise<readonly Done[]> {
  const sealKey = randomBytes(32)
  const kept = openStore(store)
  const { sso } = openSso(world, { store: kept, sealKey })
  const { key } = await loggedIn(world, sso, people.ben)
  await sso.close()
  await kept.close()
  const folder = mkdtempSync(join(tmpdir(), 'lg-sso-out-'))
  const go = join(folder, 'go')
  const work: Work = {
    ...{ store, sealKey: sealKey.toString('base64url'), settings: settingsFor(world), ca: world.idp.ca },
    ...{ secret: world.idp.client.secret, key, times: 100, ahead: 61 * second, go },
  }
  const argv = [process.execPath, '--conditions=source', program, JSON.stringify(work)]
  const children = await Promise.all(['a', 'b'].map((name) => startChild(argv, { file: join(folder, name) })))
  await Promise.all(children.map((child) => child.until((_, stderr) => stderr.includes('ready'), 30 * second)))
  writeFileSync(go, '')
  const codes = await Promise.all(children.map((child) => child.exited))
  const outputs = children.map((child) => (child.stdout() || child.stderr()).trim())
  rmSync(folder, { recursive: true })
  expect(codes, outputs.join('\n')).toEqual([0, 0])
  return outputs.map((output) => JSON.parse(output) as Done)
}

function expectOneRefresh(done: readonly Done[]): void {
  expect(done.map(({ kinds }) => kinds)).toEqual([{ session: 100 }, { session: 100 }])
  expect(done.reduce((sum, { refreshes }) => sum + refreshes, 0)).toBe(1)
}

describe('renewal in two processes', () => {
  it('on one SQLite file: 200 lookups, one refresh', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lg-sso-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    expectOneRefresh(await askInTwoProcesses(`sqlite:${join(folder, 'sessions.sqlite')}`))
  })

  it.skipIf(!have('redis'))('redis: 200 lookups, one refresh', async () => {
    const server = await startRedis()
    onTestFinished(server.stop)
    expectOneRefresh(await askInTwoProcesses(server.url))
  })
})
