/** Cookies, passes, assertions and tokens that are forged, foreign, old, doubled, or used in another's place. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { cookieLine, type IdentityCase, seenNames, statusOf } from '../case.ts'
import { type IdentityBench, people, type SiteName } from '../identity-bench.ts'

const session = '__Host-lockgate'
const pass = '__Host-lockgate_pass'
const login = '__Host-lockgate_login'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (text = ''): Record<string, unknown> => JSON.parse(Buffer.from(text, 'base64url').toString())

function signed(head: object, claims: object): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const text = `${encode(head)}.${encode(claims)}`
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

async function held(bench: IdentityBench, site: SiteName) {
  const browser = await bench.signedIn(people.ana, site)
  await browser.ask(`${bench.origin(site)}/x`)
  const of = (host: string, name: string) => browser.jar.get(`${host}.test`, name)?.value ?? ''
  return { browser, session: of(site, session), pass: of(site, pass), login: of('login', login) }
}

async function refused(bench: IdentityBench, site: SiteName, lines: readonly string[], why: string): Promise<void> {
  bench.backend.forget()
  expect(statusOf(await bench.ask(site, '/x', lines)), why).toBe(401)
  expect(bench.backend.seen(), why).toEqual([])
}

const now = () => Math.floor(Date.now() / 1_000)

/** Claims as a real pass has them. */
const passClaims = (bench: IdentityBench, site: SiteName) => ({
  iss: bench.origin('login'),
  aud: bench.origin(site),
  sub: 'ana',
  sid: 'AAAAAAAAAAAAAAAAAAAAAA',
  user: 'ana',
  groups: ['hr-staff'],
  acr: '2',
  amr: ['mfa'],
  auth_time: now(),
  iat: now(),
  exp: now() + 50,
})

export const credentialCases: readonly IdentityCase[] = [
  {
    name: 'forged passes: no signature, another key, a MAC with the public key, another type, another algorithm',
    run: async (bench) => {
      for (const site of ['plain', 'app'] as const) {
        const real = await held(bench, site)
        const kid = real.pass ? decode(real.pass.split('.')[0]).kid : 'x-1-1'
        const claims = passClaims(bench, site)
        const typ = 'lockgate-pass+jwt'
        const forged = [
          ['alg none', `${encode({ alg: 'none', typ, kid })}.${encode(claims)}.`],
          ['alg None', `${encode({ alg: 'None', typ })}.${encode(claims)}.`],
          ['another key', signed({ alg: 'ES256', typ, kid }, claims)],
          ['another key without kid', signed({ alg: 'ES256', typ }, claims)],
          ['a key that it brings along', signed({ alg: 'ES256', typ, jwk: {}, jku: 'https://127.0.0.1/' }, claims)],
          ['HS256', `${encode({ alg: 'HS256', typ, kid })}.${encode(claims)}.AAAA`],
          ['another type', signed({ alg: 'ES256', typ: 'JWT', kid }, claims)],
          ['garbage', 'AAAA.BBBB.CCCC'],
          ['empty', ''],
        ] as const
        for (const [why, value] of forged)
          await refused(bench, site, [cookieLine({ [pass]: value })], `${why} at ${site}`)
      }
    },
  },
  {
    name: 'a pass of another host, one with a byte changed and one whose claims were changed',
    never: {
      builtin: 'it looks at the session itself and issues no pass',
      apache: 'its gateway issues no pass, for Apache looks sessions up in a list',
    },
    run: async (bench) => {
      const { browser, pass: own, session: id } = await held(bench, 'plain')
      await browser.open(`${bench.origin('quiet')}/x`)
      const foreign = browser.jar.get('quiet.test', pass)?.value ?? ''
      expect(decode(foreign.split('.')[1]).aud).toBe(bench.origin('quiet'))
      const [head = '', body = '', signature = ''] = own.split('.')
      const changed = encode({ ...decode(body), user: 'admin', groups: ['admins'] })
      await refused(bench, 'plain', [cookieLine({ [pass]: foreign })], 'another host')
      await refused(bench, 'plain', [cookieLine({ [pass]: `${head}.${changed}.${signature}` })], 'claims')
      await refused(bench, 'plain', [cookieLine({ [pass]: `${head}.${body}.A${signature.slice(1)}` })], 'signature')
      bench.backend.forget()
      const both = cookieLine({ [session]: id, [pass]: own })
      expect(statusOf(await bench.ask('plain', '/x', [both])), 'the control').toBe(200)
      expect(seenNames(bench, 'lockgate-user').map(([, value]) => value)).toEqual(['ana'])
    },
  },
  {
    name: "CVE-2024-47616: a pass, an assertion and a session cookie, each in another's place",
    run: async (bench) => {
      const at = await held(bench, 'app')
      bench.backend.forget()
      await at.browser.ask(`${bench.origin('app')}/x`)
      const assertion = seenNames(bench, 'lockgate-assertion')[0]?.[1] ?? ''
      expect(assertion).not.toBe('')
      const wrong: readonly (readonly [string, readonly string[]])[] = [
        ['pass as session', [cookieLine({ [session]: at.pass || 'x' })]],
        ['session as pass', [cookieLine({ [pass]: at.session })]],
        ['login cookie as session', [cookieLine({ [session]: at.login })]],
        ['login cookie under its own name', [cookieLine({ [login]: at.login })]],
        ['assertion as pass', [cookieLine({ [pass]: assertion })]],
        ['assertion as session', [cookieLine({ [session]: assertion })]],
        ['assertion as bearer', [`Authorization: Bearer ${assertion}`]],
        ['pass as bearer', [`Authorization: Bearer ${at.pass || 'x.y.z'}`]],
        ['session as bearer', [`Authorization: Bearer ${at.session}`]],
        ['assertion as header', [`Lockgate-Assertion: ${assertion}`]],
      ]
      for (const [why, lines] of wrong) await refused(bench, 'app', lines, why)
    },
  },
  {
    name: "a host's session cookie is worth nothing at another host",
    run: async (bench) => {
      const { session: own } = await held(bench, 'app')
      bench.backend.forget()
      expect(statusOf(await bench.ask('app', '/x', [cookieLine({ [session]: own })])), 'the control').toBe(200)
      await refused(bench, 'plain', [cookieLine({ [session]: own })], 'at plain')
      await refused(bench, 'quiet', [cookieLine({ [session]: own })], 'at quiet')
    },
  },
  {
    name: 'two cookies of one name count as none',
    run: async (bench) => {
      const { session: own, pass: ownPass } = await held(bench, 'app')
      const twice = (name: string, first: string, second: string) => `Cookie: ${name}=${first}; ${name}=${second}`
      await refused(bench, 'app', [twice(session, own, 'x')], 'session, then x')
      await refused(bench, 'app', [twice(session, 'x', own)], 'x, then session')
      if (ownPass) await refused(bench, 'app', [twice(pass, ownPass, 'x')], 'pass, then x')
    },
  },
  {
    name: 'CVE-2022-29226: a bearer token that is garbage, forged, foreign or of no IdP gets 401',
    run: async (bench) => {
      const foreignAudience = await bench.idp.accessToken('ana', 'https://other.acme.test')
      const claims = { iss: bench.idp.issuer, aud: 'https://api.acme.test', sub: 'ana', exp: now() + 60, iat: now() }
      const none = `${encode({ alg: 'none', typ: 'at+jwt' })}.${encode(claims)}.`
      const tokens = [
        ['garbage', 'garbage'],
        ['none', none],
        ['another key', signed({ alg: 'ES256', typ: 'at+jwt' }, claims)],
        ['another issuer', signed({ alg: 'ES256', typ: 'at+jwt' }, { ...claims, iss: 'https://evil.test' })],
        ['GHSA-wcvh-g65p-v576: another audience', foreignAudience],
        ['a token like ours', 'lgp_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
      ] as const
      for (const [why, token] of tokens) await refused(bench, 'app', [`Authorization: Bearer ${token}`], why)
      await refused(bench, 'app', [`Authorization: Basic ${Buffer.from('ana:x').toString('base64')}`], 'Basic')
      await refused(bench, 'app', ['Authorization: Bearer'], 'empty')
    },
  },
  {
    name: 'an access token of the IdP for our audience is taken, becomes an assertion, and goes no further itself',
    run: async (bench) => {
      const token = await bench.idp.accessToken('ana', 'https://api.acme.test')
      bench.backend.forget()
      const reply = await bench.ask('app', '/api', [`Authorization: Bearer ${token}`])
      expect(statusOf(reply)).toBe(200)
      const assertion = seenNames(bench, 'lockgate-assertion')[0]?.[1] ?? ''
      expect(decode(assertion.split('.')[1])).toMatchObject({ aud: bench.origin('app'), sub: 'ana' })
      expect(seenNames(bench, 'authorization')).toEqual([])
    },
  },
  {
    name: 'after logout, old cookies and passes are refused within 2.5 s',
    run: async (bench) => {
      for (const site of ['plain', 'app'] as const) {
        const at = await held(bench, site)
        const replay = cookieLine({ [session]: at.session, ...(at.pass ? { [pass]: at.pass } : {}) })
        expect(statusOf(await bench.ask(site, '/x', [replay])), 'the control').toBe(200)
        const page = await at.browser.open(`${bench.origin(site)}/.lockgate/logout`, { form: {} })
        expect(page.status).toBeLessThan(400)
        // Several processes serve: each must have noticed.
        const end = performance.now() + 2_500
        let refusals = 0
        while (refusals < 12 && performance.now() < end) {
          refusals = statusOf(await bench.ask(site, '/x', [replay])) === 401 ? refusals + 1 : 0
          await sleep(30)
        }
        expect(refusals, site).toBe(12)
        await refused(bench, site, [cookieLine({ [session]: at.session })], 'session alone')
      }
    },
  },
]
