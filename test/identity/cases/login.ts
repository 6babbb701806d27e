/** The way in and out: whatever is put into its parameters and cookies, nobody ends up elsewhere or as somebody else. */
import { expect } from 'vitest'
import { cookieLine, fieldOf, type IdentityCase, navigation, statusOf } from '../case.ts'
import { type IdentityBench, people } from '../identity-bench.ts'

const session = '__Host-lockgate'
const login = '__Host-lockgate_login'

const elsewhere = [
  'https://evil.test/',
  '//evil.test/',
  '///evil.test/',
  '/\\evil.test/',
  '\\\\evil.test/',
  '/%5cevil.test/',
  '/%09/evil.test/',
  '/\t/evil.test/',
  '%0d%0aLocation:%20https://evil.test/',
  'https:evil.test',
  '/%2f/evil.test/',
  'javascript:alert(1)',
]

/** Every place that an answer leads to lies at our hosts or at the IdP. */
function staysHere(bench: IdentityBench, trail: readonly string[], why: string): void {
  const hosts = trail.map((one) => new URL(one).hostname)
  const ours = [
    'app.test',
    'plain.test',
    'quiet.test',
    'watched.test',
    'login.test',
    new URL(bench.idp.issuer).hostname,
  ]
  expect(
    hosts.filter((one) => !ours.includes(one)),
    why,
  ).toEqual([])
}

export const loginCases: readonly IdentityCase[] = [
  {
    name: 'a deep link survives the login, query and all',
    run: async (bench) => {
      const { signIn } = await import('../../lab/idp/index.ts')
      const page = await signIn(bench.browser(), `${bench.origin('app')}/deep/link?x=1&y=%20`, people.ana)
      expect([page.status, page.url.href]).toEqual([200, `${bench.origin('app')}/deep/link?x=1&y=%20`])
    },
  },
  {
    name: 'CVE-2020-5233: nobody is led elsewhere after a login, whatever target is asked for',
    run: async (bench) => {
      const browser = await bench.signedIn(people.ana, 'app')
      for (const target of elsewhere) {
        const encoded = encodeURIComponent(target)
        for (const url of [
          `${bench.origin('app')}/.lockgate/handoff?to=${encoded}`,
          `${bench.origin('login')}/.lockgate/login?to=${encoded}`,
          `${bench.origin('login')}/.lockgate/login?r=${encoded}`,
          `${bench.origin('login')}/.lockgate/login?rd=${encoded}&redirect_uri=${encoded}&next=${encoded}`,
          `${bench.origin('login')}/.lockgate/logout?to=${encoded}`,
        ]) {
          const page = await browser.open(url).catch((error: Error) => ({ trail: [], status: 0, body: error.message }))
          staysHere(bench, page.trail, url)
        }
      }
    },
  },
  {
    name: 'CVE-2021-29651: parameters of ours that were changed, or are of another purpose, lead to no session',
    run: async (bench) => {
      const begun = await bench.ask('app', '/x', navigation)
      const sealed = new URL(fieldOf(begun, 'location')).searchParams.get('r') ?? ''
      const other = (at: number) => `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`
      const changed = [other(sealed.length - 4), sealed.slice(1), other(0), '', 'x'.repeat(5_000)]
      for (const value of changed) {
        const page = await bench
          .browser()
          .ask(`${bench.origin('login')}/.lockgate/login?r=${encodeURIComponent(value)}`)
        expect(page.status, value.slice(0, 20)).toBeGreaterThanOrEqual(400)
        expect(page.status).toBeLessThan(500)
      }
      for (const code of [sealed, 'AAAA', ''])
        for (const name of ['app', 'plain'] as const) {
          const page = await bench
            .browser()
            .ask(`${bench.origin(name)}/.lockgate/handoff?code=${encodeURIComponent(code)}`)
          expect(JSON.stringify(page.headers['set-cookie'] ?? '')).not.toMatch(/__Host-lockgate=[^;]/)
        }
    },
  },
  {
    name: "login CSRF: somebody else's handoff code gives no session, and a used one neither",
    run: async (bench) => {
      const attacker = await bench.signedIn(people.ben, 'quiet')
      const first = await attacker.ask(`${bench.origin('app')}/.lockgate/handoff?to=/`)
      const hop = await attacker.ask(String(first.headers.location))
      const handoff = String(hop.headers.location)
      expect(handoff).toContain(`${bench.origin('app')}/.lockgate/handoff?`)
      const victim = bench.browser()
      await victim.ask(handoff)
      expect(victim.jar.get('app.test', session)).toBeNull()
      const own = await attacker.ask(handoff)
      if (attacker.jar.get('app.test', session)) {
        attacker.jar.delete('app.test', session)
        await attacker.ask(handoff)
        expect(attacker.jar.get('app.test', session), 'used twice').toBeNull()
      } else expect(own.status, 'spent by the try').toBeGreaterThanOrEqual(300)
    },
  },
  {
    name: 'CVE-2026-34454: every login has new session ids, and an id that was planted before is none',
    run: async (bench) => {
      const { signIn } = await import('../../lab/idp/index.ts')
      const planted = 'A'.repeat(43)
      const browser = bench.browser()
      for (const [host, name] of [
        ['login', login],
        ['app', session],
      ] as const)
        browser.jar.set(new URL(`https://${host}.test`), [`${name}=${planted}; Path=/; Secure`])
      await signIn(browser, `${bench.origin('app')}/.lockgate/handoff?to=/`, people.ana)
      const first = [browser.jar.get('login.test', login)?.value, browser.jar.get('app.test', session)?.value]
      expect(first).not.toContain(planted)
      expect(statusOf(await bench.ask('app', '/x', [cookieLine({ [session]: planted })]))).toBe(401)
      const again = await bench.signedIn(people.ana, 'app')
      const second = [again.jar.get('login.test', login)?.value, again.jar.get('app.test', session)?.value]
      expect(new Set([...first, ...second]).size).toBe(4)
    },
  },
  {
    name: 'cookies are __Host-, Secure, HttpOnly and SameSite=Lax, each below 4 KB',
    run: async (bench) => {
      const browser = await bench.signedIn(people.max, 'app', 'plain')
      const ours = browser.jar.all().filter((one) => one.name.includes('lockgate'))
      expect(ours.length).toBeGreaterThanOrEqual(3)
      for (const one of ours) {
        expect(one, one.name).toMatchObject({
          secure: true,
          httpOnly: true,
          sameSite: 'lax',
          path: '/',
          subdomains: false,
        })
        expect(one.name.startsWith('__Host-')).toBe(true)
        expect(one.raw.length, one.name).toBeLessThan(4_096)
      }
    },
  },
  {
    name: 'logins under way do not pile up: at most four, each below 1 KB',
    run: async (bench) => {
      const browser = bench.browser()
      for (let tab = 0; tab < 8; tab += 1) await browser.open(`${bench.origin('app')}/tab-${tab}`).catch(() => null)
      const open = browser.jar.all().filter((one) => one.name.startsWith('__Host-lockgate_tx'))
      expect(open.length).toBeGreaterThan(0)
      expect(open.length).toBeLessThanOrEqual(4)
      for (const one of open) expect(one.raw.length).toBeLessThan(1_200)
    },
  },
  {
    name: 'a callback with a state that is unknown, used or of another browser is a page, never a loop or a session',
    run: async (bench) => {
      for (const query of ['', 'code=x&state=y', 'error=access_denied&state=y', `code=${'x'.repeat(4_000)}&state=z`]) {
        const page = await bench.browser().open(`${bench.origin('login')}/.lockgate/callback?${query}`)
        expect(page.trail.length, query).toBeLessThan(8)
        expect(page.body).not.toMatch(/eyJ[A-Za-z0-9_-]{10}/)
      }
    },
  },
  {
    name: 'logout forged from another site ends nothing',
    run: async (bench) => {
      const browser = await bench.signedIn(people.ana, 'app')
      const own = browser.jar.get('app.test', session)?.value ?? ''
      const cookies = cookieLine({ [session]: own })
      const forged: readonly (readonly string[])[] = [
        ['Origin: https://evil.test', 'Sec-Fetch-Site: cross-site'],
        ['Origin: null'],
        ['Origin: https://app.test.evil.test'],
        ['Sec-Fetch-Site: same-site', 'Origin: https://other.test'],
      ]
      for (const lines of forged) {
        const form = 'Content-Type: application/x-www-form-urlencoded'
        const reply = await bench.ask('app', '/.lockgate/logout', [cookies, form, ...lines], {
          method: 'POST',
          body: 'a=b',
        })
        expect(statusOf(reply), lines.join()).not.toBe(200)
      }
      await bench.ask('app', '/.lockgate/logout', [cookies, 'Sec-Fetch-Site: cross-site', ...navigation])
      await bench.ask('app', '/.lockgate/logout', [cookies, ...navigation])
      expect(statusOf(await bench.ask('app', '/x', [cookies]))).toBe(200)
    },
  },
  {
    name: 'CVE-2024-39315: no page shows a token or the value of a cookie',
    run: async (bench) => {
      const browser = await bench.signedIn(people.ana, 'app')
      const secrets = browser.jar
        .all()
        .filter((one) => one.name.includes('lockgate'))
        .map((one) => one.value)
      for (const url of [
        `${bench.origin('login')}/.lockgate/session`,
        `${bench.origin('app')}/.lockgate/logout`,
        `${bench.origin('login')}/.lockgate/callback?code=x&state=y`,
        `${bench.origin('app')}/.lockgate/jwks.json`,
        `${bench.origin('app')}/.lockgate/nothing`,
      ]) {
        const page = await browser.ask(url)
        expect(page.body, url).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/)
        expect(page.body).not.toMatch(/"d":|PRIVATE KEY/)
        for (const secret of secrets) expect(page.body.includes(secret), url).toBe(false)
      }
    },
  },
  {
    name: 'pages may not be framed, run no script of others and are not stored',
    run: async (bench) => {
      const browser = await bench.signedIn(people.ana, 'app')
      const page = await browser.open(`${bench.origin('login')}/.lockgate/session`)
      expect(page.status).toBe(200)
      const policy = String(page.headers['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe-inline')
      expect(String(page.headers['cache-control'])).toContain('no-store')
    },
  },
]
