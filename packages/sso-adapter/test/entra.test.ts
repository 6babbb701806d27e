import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { people, startEntraShaped } from '../../../test/lab/idp/index.ts'
import { createIdpFetch } from '../src/bounded-fetch.ts'
import { fetchGraphGroups } from '../src/fetch-graph-groups.ts'
import { loggedIn, type OpenSso, openSso, startWorld, visitor, type World } from './world.ts'

describe('sign-on at an issuer shaped like Entra ID', () => {
  let world: World
  let open: OpenSso
  let line: ReturnType<typeof createIdpFetch>
  beforeAll(async () => {
    let graph = ''
    world = await startWorld(async () => {
      const idp = await startEntraShaped({ otp: 'on-request', hosts: { 'login.acme.test': '127.0.0.1' } })
      graph = idp.graphGroups
      return idp
    })
    line = createIdpFetch(readFileSync(world.idp.ca, 'utf8'))
    const claims = { user: null, require: [], groups: 'groups' }
    open = openSso(world, { fetchGroups: fetchGraphGroups(line.fetch, graph) }, { claims })
  }, 120_000)
  afterAll(async () => {
    await open?.sso.close()
    await line?.close()
    await world?.stop()
  })

  it('names people by tenant and object, and renews', async () => {
    const { session } = await loggedIn(world, open.sso, people.eve)
    expect(session.subject).toMatch(/^[0-9a-f-]{36}\/[0-9a-f-]{36}$/)
    expect(session.subject.endsWith(`/${session.user}`)).toBe(true)
    expect(session.mfaAt).toBeNull()
    expect(session.renewAt).toBeGreaterThan(Date.now())
  })

  it('proves MFA at every login by the authentication context that is asked for, also where a recent one is all that is needed', async () => {
    const browser = visitor(world)
    const plain = await loggedIn(world, open.sso, people.ben, { browser })
    const recent = await loggedIn(world, open.sso, people.ben, { browser, maxAge: 0, previous: plain.key })
    for (const { session } of [plain, recent]) {
      expect(session.contexts).toEqual(['c1'])
      expect(session.mfaAt).toBe(session.authTime)
    }
  })

  it('asks for nothing where that is wanted, and steps up to a context then', async () => {
    const quiet = openSso(world, {}, { mfa: { acr: ['c1'], amr: [], ask: [] } })
    const browser = visitor(world)
    const low = await loggedIn(world, quiet.sso, people.mei, { browser })
    const high = await loggedIn(world, quiet.sso, people.mei, { browser, acr: ['c1'], previous: low.key })
    await quiet.sso.close()
    expect([low.session.contexts, high.session.contexts]).toEqual([[], ['c1']])
    expect([low.session.mfaAt === null, high.session.mfaAt !== null]).toEqual([true, true])
  })

  it('asks its Graph for the groups that a token left out', async () => {
    const { session } = await loggedIn(world, open.sso, people.max)
    expect(session.groups.length).toBeGreaterThanOrEqual(250)
  })
})
