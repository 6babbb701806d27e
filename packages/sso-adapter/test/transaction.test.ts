import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AtIssuer, atIssuer, returnTo } from './at-issuer.ts'

const minute = 60_000

describe('a login under way', () => {
  let at: AtIssuer
  beforeEach(async () => {
    at = await atIssuer()
  })
  afterEach(() => at.stop())

  const begun = async (ask: Parameters<AtIssuer['begin']>[0] = {}) => {
    const result = await at.begin(ask)
    if (result.kind !== 'begun') throw new Error(result.because)
    return result
  }

  it('lies in at most four cookies, each smaller than 1 KB however long the address', async () => {
    for (let login = 0; login < 10; login += 1) {
      at.clock.ahead += 1_000
      const { cookies } = await begun({ returnTo: `https://hr.acme.test/${'p'.repeat(1_900)}`, carry: 'c'.repeat(500) })
      for (const { name, value } of cookies) expect(name.length + value.length).toBeLessThan(1_024)
      expect(cookies.every(({ name }) => /^__Host-lockgate_tx_\w{8}$/.test(name))).toBe(true)
    }
    expect(at.browser.cookies.size).toBe(4)
  })

  it('is known for ten minutes, and gives way when it is older', async () => {
    const first = await begun()
    at.clock.ahead += 10 * minute
    expect(await at.finish(at.idp.authorize(first.location))).toMatchObject({ kind: 'stale', returnTo })
    await begun()
    at.clock.ahead += 10 * minute
    await begun()
    expect(at.browser.cookies.size).toBe(1)
  })

  it('leaves nothing behind when 10,000 are given up', async () => {
    const { store } = at
    const before = process.memoryUsage().heapUsed
    for (let login = 0; login < 10_000; login += 1) await at.begin({ cookies: new Map() })
    globalThis.gc?.()
    expect(await store.sessions.count()).toBe(0)
    for (const collection of ['login', 'handoff', 'renewing']) expect(await store.entries.list(collection)).toEqual([])
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000)
  })

  it('ends in several tabs side by side', async () => {
    const tabs = [await begun({ returnTo: `${returnTo}&tab=1` }), await begun({ returnTo: `${returnTo}&tab=2` })]
    for (const [index, { location }] of tabs.entries())
      expect(await at.finish(at.idp.authorize(location))).toMatchObject({
        ...{ kind: 'signed-in', returnTo: `${returnTo}&tab=${index + 1}` },
      })
  })

  it('counts once: loaded again, or by the back button, it begins anew at the same address', async () => {
    const { location } = await begun()
    const cookies = new Map(at.browser.cookies)
    const url = at.idp.authorize(location)
    expect(await at.finish(url)).toMatchObject({ kind: 'signed-in' })
    expect(await at.finish(url)).toMatchObject({ kind: 'stale', returnTo })
    const withOldCookies = await at.sso.finish({ url, cookies, previous: null, device: null })
    expect(withOldCookies).toMatchObject({ kind: 'stale', returnTo })
    expect(at.idp.asked.filter((path) => path === '/token')).toHaveLength(1)
  })

  it('of another browser signs nobody in (login CSRF)', async () => {
    const { location } = await begun()
    const url = at.idp.authorize(location)
    const victim = await at.sso.finish({ url, cookies: new Map(), previous: null, device: null })
    expect(victim).toMatchObject({ kind: 'stale', returnTo })
    const own = await atIssuer()
    const other = await own.begin()
    if (other.kind !== 'begun') throw new Error(other.because)
    const crossed = await own.sso.finish({ url, cookies: own.browser.cookies, previous: null, device: null })
    expect(crossed).toMatchObject({ kind: 'stale', returnTo: null })
    await own.stop()
  })

  it.each([
    ['without state', (url: URL) => url.searchParams.delete('state')],
    ['with a made-up state', (url: URL) => url.searchParams.set('state', 'made-up')],
    ['with a changed state', (url: URL) => url.searchParams.set('state', `${url.searchParams.get('state')}A`)],
  ])('%s is not known', async (_how, change) => {
    const { location } = await begun()
    const url = at.idp.authorize(location)
    change(url)
    expect(await at.finish(url)).toMatchObject({ kind: 'stale', returnTo: null })
  })

  it('keeps its verifier: a code of another login does not fit', async () => {
    const [one, other] = [await begun(), await begun()]
    const url = at.idp.authorize(one.location)
    const code = at.idp.authorize(other.location).searchParams.get('code') ?? ''
    url.searchParams.set('code', code)
    expect(await at.finish(url)).toMatchObject({ kind: 'refused', error: 'invalid_grant' })
  })

  it('shortens an address that no provider would carry', async () => {
    const long = `https://hr.acme.test/payslips?q=${'x'.repeat(3_000)}`
    expect(await at.login({ returnTo: long })).toMatchObject({ returnTo: 'https://hr.acme.test/payslips' })
    const longer = `https://hr.acme.test/${'x'.repeat(3_000)}`
    expect(await at.login({ returnTo: longer })).toMatchObject({ returnTo: 'https://hr.acme.test/' })
  })

  it('asks with code, PKCE, nonce and state; for a step-up with what the provider understands', async () => {
    const plain = new URL((await begun()).location).searchParams
    expect(Object.fromEntries(plain)).toMatchObject({
      ...{ client_id: 'lockgate', response_type: 'code', code_challenge_method: 'S256', max_age: '43200' },
      ...{ redirect_uri: 'https://login.acme.test/.lockgate/callback', scope: 'openid profile email' },
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(plain.get(name)?.length).toBeGreaterThan(40)
    const raised = new URL((await begun({ acr: ['2', '3'], maxAge: 0, loginHint: 'ana' })).location).searchParams
    expect(Object.fromEntries(raised)).toMatchObject({
      acr_values: '2 3',
      max_age: '0',
      prompt: 'login',
      login_hint: 'ana',
    })
    expect(raised.get('claims')).toBeNull()
  })

  it.each<[string, Record<string, unknown>, { acr: string[]; ask?: string[] }, number | null, unknown]>([
    ['nothing by itself', {}, { acr: ['2', '3'] }, null, [null, null]],
    [
      'what every login is to ask, as a wish',
      { claims_parameter_supported: true },
      { acr: ['2'], ask: ['2'] },
      null,
      ['2', null],
    ],
    ['what proves MFA where a recent one is needed', {}, { acr: ['2', '3'] }, 900, ['2 3', null]],
    ['nothing where that is said', {}, { acr: ['2'], ask: [] }, 900, [null, null]],
    ['the first context at Entra ID', { tenant_region_scope: 'EU' }, { acr: ['c1', 'c2'] }, null, [null, 'c1']],
    [
      'the first context at Entra ID, for a recent one too',
      { tenant_region_scope: 'EU' },
      { acr: ['c1', 'c2'] },
      900,
      [null, 'c1'],
    ],
    [
      'another context at Entra ID',
      { tenant_region_scope: 'EU' },
      { acr: ['c1', 'c2'], ask: ['c2'] },
      null,
      [null, 'c2'],
    ],
    [
      'no context where Entra ID is not to be asked',
      { tenant_region_scope: 'EU' },
      { acr: ['c1'], ask: [] },
      null,
      [null, null],
    ],
  ])('asks for %s', async (_what, metadata, mfa, maxAge, asked) => {
    const own = await atIssuer({}, { mfa: { amr: [], ...mfa } }, { metadata })
    const result = await own.begin(maxAge === null ? {} : { maxAge })
    await own.stop()
    const { searchParams } = new URL(result.kind === 'begun' ? result.location : '')
    const claims = JSON.parse(searchParams.get('claims') ?? '{}')
    expect([searchParams.get('acr_values'), claims.id_token?.acrs?.value ?? null]).toEqual(asked)
    expect(claims.id_token?.acr).toBeUndefined()
  })

  it.each([
    ['claims_parameter_supported', { claims_parameter_supported: true }, { acr: { essential: true, value: '2' } }, '2'],
    ['Entra ID', { tenant_region_scope: 'EU' }, { acrs: { essential: true, value: '2' } }, null],
  ])('asks for a step-up as essential with %s', async (_what, metadata, asked, acrValues) => {
    const own = await atIssuer({}, {}, { metadata })
    const result = await own.begin({ acr: ['2'] })
    const { searchParams } = new URL(result.kind === 'begun' ? result.location : '')
    expect(JSON.parse(searchParams.get('claims') ?? '{}')).toEqual({ id_token: asked })
    expect(searchParams.get('acr_values')).toBe(acrValues)
    await own.stop()
  })
})
