/** What backends are told: by the gateway alone, whatever spelling, number or place a client's own words come in. */
import { createPublicKey, verify } from 'node:crypto'
import { collapsedHeader } from '@lockgate/model'
import { expect } from 'vitest'
import { type IdentityCase, seenNames, statusOf } from '../case.ts'
import { type IdentityBench, people, type SiteName } from '../identity-bench.ts'

const told = ['lockgate-user', 'lockgate-email', 'lockgate-subject', 'lockgate-groups', 'lockgate-session'] as const
const others = [
  'x-forwarded-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-auth-request-user',
  'remote-user',
  'x-remote-user',
] as const

/** Every way to write a name that some framework takes for the same. */
const spellings = (name: string): readonly string[] => [
  name,
  name.toUpperCase(),
  name.replaceAll('-', '_'),
  name.replaceAll('-', '.'),
  name.replace('-', '_'),
  name.replace(/^[a-z]/, (letter) => letter.toUpperCase()).replaceAll('-', '_'),
]

async function cookiesOf(bench: IdentityBench, site: SiteName): Promise<string> {
  const browser = await bench.signedIn(people.ana, site)
  return `Cookie: ${browser.jar.header(new URL(bench.origin(site)))}`
}

/** Sends the lines signed in, and gives every value that arrived under the name. */
async function arrived(bench: IdentityBench, site: SiteName, lines: readonly string[], name: string) {
  bench.backend.forget()
  const reply = await bench.ask(site, '/x', lines)
  expect([200, 400], lines.join(' · ')).toContain(statusOf(reply))
  return seenNames(bench, collapsedHeader(name))
}

export const identityHeaderCases: readonly IdentityCase[] = [
  {
    name: 'CVE-2025-64484: no spelling of an identity header passes, once or twice, before ours or after',
    run: async (bench) => {
      for (const site of ['app', 'plain'] as const) {
        const cookie = await cookiesOf(bench, site)
        for (const name of [...told, ...others, 'lockgate-assertion'])
          for (const spelling of spellings(name)) {
            const seen = await arrived(bench, site, [`${spelling}: evil`, cookie, `${spelling}: evil`], name)
            expect(
              seen.filter(([, value]) => value.includes('evil')),
              spelling,
            ).toEqual([])
            expect(seen.length, `${spelling} at ${site}`).toBeLessThanOrEqual(1)
          }
      }
    },
  },
  {
    name: 'CVE-2026-30851: where we say nothing, what the client says is gone all the same',
    run: async (bench) => {
      const quiet = await cookiesOf(bench, 'quiet')
      for (const name of [...told, 'lockgate-assertion'])
        for (const [site, line] of [
          ['quiet', quiet],
          ['watched', 'Accept: */*'],
          ['app', await cookiesOf(bench, 'app')],
        ] as const) {
          if (site === 'app' && name === 'lockgate-assertion') continue
          expect(await arrived(bench, site, [`${name}: evil`, line], name), `${name} at ${site}`).toEqual([])
        }
    },
  },
  {
    name: 'CVE-2024-45410: naming an identity header in Connection takes nothing away',
    run: async (bench) => {
      const cookie = await cookiesOf(bench, 'plain')
      for (const list of ['lockgate-user, lockgate-groups', 'close, Lockgate-User', 'LOCKGATE-USER']) {
        const seen = await arrived(bench, 'plain', [`Connection: ${list}`, cookie], 'lockgate-user')
        expect(
          seen.map(([, value]) => value),
          list,
        ).toEqual(['ana'])
      }
      const signed = await arrived(
        bench,
        'app',
        ['Connection: lockgate-assertion', await cookiesOf(bench, 'app')],
        'lockgate-assertion',
      )
      expect(signed.length).toBe(1)
    },
  },
  {
    name: 'CVE-2026-88004: an identity header that comes as a trailer is dropped',
    run: async (bench) => {
      const cookie = await cookiesOf(bench, 'plain')
      bench.backend.forget()
      const body = '4\r\nbody\r\n0\r\nLockgate-User: evil\r\nX-Forwarded-User: evil\r\n\r\n'
      const lines = ['Transfer-Encoding: chunked', 'Trailer: Lockgate-User', cookie]
      const { send } = await import('../../conformance/raw-client.ts')
      const head = ['POST /x HTTP/1.1', `Host: ${new URL(bench.origin('plain')).host}`, ...lines, 'Connection: close']
      await send(bench.destination('plain'), `${head.join('\r\n')}\r\n\r\n${body}`, { methods: ['POST'] })
      for (const { fields, body: got } of bench.backend.seen()) {
        expect([...fields, ...got.trailers].filter(([, value]) => value === 'evil')).toEqual([])
      }
    },
  },
  {
    name: "Lockgate's own cookies and the client's Authorization reach no backend; other cookies do",
    run: async (bench) => {
      for (const site of ['app', 'plain', 'quiet'] as const) {
        const cookie = await cookiesOf(bench, site)
        bench.backend.forget()
        const reply = await bench.ask(site, '/x', [cookie.replace('Cookie: ', 'Cookie: own=1; '), 'Accept: */*'])
        expect(statusOf(reply), site).toBe(200)
        const fields = bench.backend.seen()[0]?.fields ?? []
        expect(
          fields.filter(([name]) => /^cookie$/i.test(name)).map(([, value]) => value),
          site,
        ).toEqual(['own=1'])
        expect(fields.filter(([name]) => /^authorization$/i.test(name))).toEqual([])
        expect(JSON.stringify(fields)).not.toContain('__Host-lockgate')
      }
    },
  },
  {
    name: 'the assertion holds by the keys of its public origin, for that origin, for at most 90 seconds',
    run: async (bench) => {
      const cookie = await cookiesOf(bench, 'app')
      const [[, token = ''] = []] = await arrived(bench, 'app', [cookie], 'lockgate-assertion')
      const [head = '', body = '', signature = ''] = token.split('.')
      const part = (text: string) => JSON.parse(Buffer.from(text, 'base64url').toString())
      const jwks = await bench.browser().ask(`${bench.origin('app')}/.lockgate/jwks.json`)
      const key = (JSON.parse(jwks.body) as { keys: { kid: string }[] }).keys.find((one) => one.kid === part(head).kid)
      expect(part(head)).toMatchObject({ alg: 'ES256', typ: 'lockgate-assertion+jwt' })
      const signed = Buffer.from(`${head}.${body}`)
      const publicKey = createPublicKey({ key: key as never, format: 'jwk' })
      const options = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
      expect(verify('sha256', signed, options, Buffer.from(signature, 'base64url'))).toBe(true)
      const claims = part(body)
      expect(claims).toMatchObject({ iss: bench.origin('app'), aud: bench.origin('app'), user: 'ana', acr: '2' })
      expect(claims.exp - Date.now() / 1_000).toBeLessThanOrEqual(90)
      expect(JSON.stringify(claims)).not.toContain(cookie.match(/__Host-lockgate=([^;]+)/)?.[1])
    },
  },
  {
    name: 'names that are no ASCII arrive percent-encoded, and a comma in a group cannot make two of it',
    run: async (bench) => {
      const browser = await bench.signedIn(people.mei, 'plain')
      bench.backend.forget()
      await browser.ask(`${bench.origin('plain')}/x`)
      const [[, groups = ''] = []] = seenNames(bench, 'lockgate-groups')
      expect(groups).toMatch(/^[\x20-\x7e]+$/)
      expect(groups.split(',').map(decodeURIComponent)).toEqual(['Köln, Finanzen', '財務部'])
    },
  },
  {
    name: 'CVE-2021-32701: one person is never answered with the decision about another',
    run: async (bench) => {
      const who = [people.ana, people.ben] as const
      const browsers = await Promise.all(who.map((one) => bench.signedIn(one, 'plain')))
      for (let round = 0; round < 6; round += 1) {
        bench.backend.forget()
        await browsers[round % 2]?.ask(`${bench.origin('plain')}/same`)
        expect(seenNames(bench, 'lockgate-user').map(([, value]) => value)).toEqual([who[round % 2]?.login])
      }
    },
  },
  {
    name: 'more groups than a cookie holds reach the backend all the same, or none of them do',
    run: async (bench) => {
      const browser = await bench.signedIn(people.max, 'plain')
      bench.backend.forget()
      const page = await browser.ask(`${bench.origin('plain')}/x`)
      expect(page.status).toBe(200)
      expect(seenNames(bench, 'lockgate-user').map(([, value]) => value)).toEqual(['max'])
      const groups = seenNames(bench, 'lockgate-groups')[0]?.[1] ?? ''
      expect([0, 250]).toContain(groups === '' ? 0 : groups.split(',').length)
    },
  },
]
