/** gRPC: who is not signed in is told by its own status; calls that last end with their session or token. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openTokens } from '@lockgate/gateway'
import { expect } from 'vitest'
import { frame, type GrpcCall, openCall } from '../../conformance/grpc-call.ts'
import { type IdentityCase, seenNames } from '../case.ts'
import { type IdentityBench, people, type SiteName } from '../identity-bench.ts'

const never = { apache: 'mod_proxy_http speaks HTTP/1.1 to backends, and gRPC needs HTTP/2 from end to end' } as const
const guarded = ['app', 'plain', 'quiet'] as const
const unauthenticated = 16

type Headers = Readonly<Record<string, string>>

const call = (bench: IdentityBench, site: SiteName, method: string, headers: Headers = {}): GrpcCall =>
  openCall(bench.destination(site), new URL(bench.origin(site)).host, `/echo.Echo/${method}`, headers)

const cookieOf = async (bench: IdentityBench, person: (typeof people)[keyof typeof people], site: SiteName) => {
  const browser = await bench.signedIn(person, site)
  return { browser, headers: { cookie: browser.jar.header(new URL(bench.origin(site))) ?? '' } }
}

/** Both kinds of calls that last, each seen to work. */
async function openBoth(bench: IdentityBench, site: SiteName, headers: Headers): Promise<readonly GrpcCall[]> {
  const [ticks, chat] = ['Ticks', 'Chat'].map((method) => call(bench, site, method, headers)) as [GrpcCall, GrpcCall]
  ticks.stream.end(frame('begin'))
  chat.stream.write(frame('first'))
  expect(await ticks.until('tick'), `${site}: ${JSON.stringify(await Promise.race([ticks.status, '']))}`).toBe(true)
  expect(await chat.until('first'), site).toBe(true)
  return [ticks, chat]
}

async function goesOn([ticks, chat]: readonly GrpcCall[], site: string): Promise<void> {
  const before = ticks?.received().length ?? 0
  chat?.stream.write(frame('still here'))
  expect(await chat?.until('still here'), site).toBe(true)
  await sleep(500)
  expect(ticks?.received().length, site).toBeGreaterThan(before)
}

async function isCut(calls: readonly GrpcCall[], site: string): Promise<void> {
  const ends = Promise.all(calls.map(async (one) => (await one.status).code))
  expect(await Promise.race([ends, sleep(2_500, 'still open')]), site).toEqual([unauthenticated, unauthenticated])
}

async function inService<T>(bench: IdentityBench, work: (tokens: Tokens) => Promise<T>): Promise<T> {
  const opened = await openTokens({ folder: `${bench.home}/lockgate`, edge: 'bench', env: {} })
  try {
    return await work(opened.tokens)
  } finally {
    await opened.close()
  }
}

type Tokens = Awaited<ReturnType<typeof openTokens>>['tokens']

const newToken = (bench: IdentityBench, livesMs: number) =>
  inService(bench, (tokens) =>
    tokens.issue({
      name: 'ci',
      owner: 'ana',
      kind: 'service',
      scopes: ['*'],
      expiresAt: Date.now() + livesMs,
    }),
  )

export const grpcCases: readonly IdentityCase[] = [
  {
    name: 'a gRPC call without a session gets UNAUTHENTICATED and no page, and the backend sees nothing',
    never,
    run: async (bench) => {
      bench.backend.forget()
      const tries: readonly Headers[] = [
        {},
        { 'content-type': 'application/grpc+proto' },
        { authorization: 'Bearer garbage' },
        { cookie: '__Host-lockgate_pass=a.b.c; __Host-lockgate=forged' },
        { accept: 'text/html', 'sec-fetch-mode': 'navigate' },
        { accept: 'text/event-stream' },
      ]
      for (const site of guarded)
        for (const headers of tries) {
          const one = call(bench, site, 'Say', headers)
          one.stream.end(frame('hello'))
          const { code, http, message } = await one.status
          expect([code, http], `${site} ${JSON.stringify(headers)}: ${message}`).toEqual([unauthenticated, 200])
        }
      expect(bench.backend.seen()).toEqual([])
    },
  },
  {
    name: 'a gRPC call of a session or an access token reaches the backend with its identity and no other',
    never,
    run: async (bench) => {
      const token = await bench.idp.accessToken('ana', 'https://api.acme.test')
      const { headers } = await cookieOf(bench, people.ana, 'app')
      for (const own of [headers, { authorization: `Bearer ${token}` }]) {
        bench.backend.forget()
        const planted = { 'lockgate-assertion': 'planted', 'x-forwarded-user': 'planted', 'x-forwarded-for': 'planted' }
        const one = call(bench, 'app', 'Say', { ...own, ...planted })
        one.stream.end(frame('hello'))
        expect(await one.status).toEqual({ code: 0, http: 200, message: 'fine' })
        expect(one.received()).toBe(frame('hello').toString('latin1'))
        expect(seenNames(bench, 'lockgate-assertion').map(([, value]) => value.split('.').length)).toEqual([3])
        expect(seenNames(bench, 'authorization')).toEqual([])
        expect(seenNames(bench, 'x-forwarded-for')).toEqual([['x-forwarded-for', '127.0.0.1']])
        expect(JSON.stringify(bench.backend.seen())).not.toMatch(/planted|__Host-lockgate/)
      }
    },
  },
  {
    name: 'open gRPC streams are cut within 2.5 s after the logout of their session, and those of others go on',
    never,
    run: async (bench) => {
      for (const site of guarded) {
        const ana = await cookieOf(bench, people.ana, site)
        const ben = await cookieOf(bench, people.ben, site)
        const [hers, his] = [await openBoth(bench, site, ana.headers), await openBoth(bench, site, ben.headers)]
        await ana.browser.open(`${bench.origin(site)}/.lockgate/logout`, { form: {} })
        await isCut(hers, site)
        await goesOn(his, site)
        for (const one of his) one.end()
      }
    },
  },
  {
    name: 'open gRPC streams are cut within 2.5 s after their token is revoked, and at its end',
    never,
    run: async (bench) => {
      const [gone, stays, short] = [
        await newToken(bench, 600_000),
        await newToken(bench, 600_000),
        await newToken(bench, 6_000),
      ]
      const open = ({ token }: { readonly token: string }) =>
        openBoth(bench, 'plain', { authorization: `Bearer ${token}` })
      const [revoked, others, ending] = [await open(gone), await open(stays), await open(short)]
      expect(await inService(bench, (tokens) => tokens.revoke(gone.record.id))).toBe(true)
      await isCut(revoked, 'revoked')
      await sleep(Math.max(0, short.record.expiresAt - Date.now()))
      await isCut(ending, 'expired')
      await goesOn(others, 'other')
      for (const one of others) one.end()
    },
  },
]
