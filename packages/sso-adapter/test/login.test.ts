import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { people, startOidcProvider } from '../../../test/lab/idp/index.ts'
import { finishedLogin, loggedIn, type OpenSso, openSso, returnTo, startWorld, type World } from './world.ts'

describe('sign-on at oidc-provider', () => {
  let world: World
  let open: OpenSso
  beforeAll(async () => {
    world = await startWorld(() => startOidcProvider({ otp: 'on-request', hosts: { 'login.acme.test': '127.0.0.1' } }))
    open = openSso(world)
  })
  afterAll(async () => {
    await open?.sso.close()
    await world?.stop()
  })

  it('signs in, keeps the address and tells who it is', async () => {
    const finished = await finishedLogin(world, open.sso, people.ana, { carry: 'binding', acr: ['2'] })
    expect(finished).toMatchObject({
      kind: 'signed-in',
      returnTo,
      carry: 'binding',
      session: { user: 'ana', email: 'ana@acme.test', acr: '2', groups: ['hr-staff', 'role:hr', 'staff/payroll'] },
    })
  })

  it('finds the session by its cookie, on each host by another', async () => {
    const { key, session } = await loggedIn(world, open.sso, people.ben, { acr: ['2'] })
    expect(await open.sso.lookup(key, null)).toEqual({ kind: 'session', session })
    const code = await open.sso.handOff(session, 'hr.acme.test', 'binding')
    expect(await open.sso.redeem(code, 'wiki.acme.test', 'binding')).toBeNull()
    expect(await open.sso.redeem(code, 'hr.acme.test', 'other')).toBeNull()
    const redeemed = await open.sso.redeem(code, 'hr.acme.test', 'binding')
    expect(await open.sso.redeem(code, 'hr.acme.test', 'binding')).toBeNull()
    expect(await open.sso.lookup(redeemed?.key ?? '', 'hr.acme.test')).toMatchObject({ kind: 'session' })
    expect(await open.sso.lookup(redeemed?.key ?? '', null)).toEqual({ kind: 'none', because: 'unknown' })
    const { endSession } = await open.sso.end(session.sid, 'logout')
    expect(endSession).toContain('id_token_hint=')
    expect(await open.sso.lookup(key, null)).toEqual({ kind: 'none', because: 'unknown' })
    expect(await open.sso.lookup(redeemed?.key ?? '', 'hr.acme.test')).toEqual({ kind: 'none', because: 'unknown' })
  })
})
