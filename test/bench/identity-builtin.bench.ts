/**
 * The builtin gateway with stage identity against itself without, and against oauth2-proxy; and what 100,000 live sessions cost:
 * memory, disk, lookups, logins. One process each; CPU time counts.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { createSso, openStore, type Sso } from '@lockgate/sso-adapter'
import { startBackend } from './peers/backend.ts'
import { type Contestant, measureInTurns, printRatio } from './peers/cpu-load.ts'
import { type IdentitySite, modelOf, signIn, startGateway, storeOf, writeSite } from './peers/identity-site.ts'
import { oauth2ProxyPath, startOauth2Proxy } from './peers/oauth2-proxy.ts'
import { startContender } from './peers/processes.ts'

const rounds = Number(process.argv[2] ?? 5)
const seconds = Number(process.argv[3] ?? 3)
const manySessions = Number(process.argv[4] ?? 100_000)
const basePort = 8_000 + (process.pid % 700) * 8
const port = (index: number): number => basePort + index

const folder = await mkdtemp(join(tmpdir(), 'lockgate-bench-builtin-'))
const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })]
const host = (at: number): string => `bench.test:${at}`

async function builtin(name: string, at: number, isJoined: boolean): Promise<Contestant> {
  const site: IdentitySite = { folder: join(folder, name), plane: 'builtin', port: at, backendPort: port(0) }
  await writeSite(site, isJoined)
  const gateway = await startGateway(site, at)
  stops.push(gateway.stop)
  const [key] = isJoined ? await signIn(storeOf(site), host(at), 1) : ['none']
  return { name, port: at, engines: [gateway], cookie: `theme=dark; __Host-lockgate=${key}` }
}

async function peer(): Promise<Contestant | null> {
  const program = oauth2ProxyPath()
  if (program === null) {
    console.error('no oauth2-proxy: set LOCKGATE_OAUTH2_PROXY to its binary')
    return null
  }
  const engine = await startOauth2Proxy(program, { port: port(3), idp: port(4), backend: port(0) })
  stops.push(engine.stop)
  return { name: 'peer', port: port(3), engines: [engine], cookie: engine.cookie }
}

async function compareRequests(): Promise<void> {
  const backend = await startBackend(port(0))
  stops.push(backend.stop)
  const [ours, without, theirs] = [
    await builtin('ours', port(1), true),
    await builtin('without', port(2), false),
    await peer(),
  ]
  const figures = await measureInTurns([ours, without, ...(theirs ? [theirs] : [])], { rounds, seconds })
  printRatio('identity-builtin', figures.ours, figures.without, 0.8)
  if (theirs) printRatio('identity-builtin, against oauth2-proxy', figures.ours, figures.peer, 3)
}

const print = (name: string, figures: Readonly<Record<string, number | string>>): void =>
  console.log(JSON.stringify({ name, ...figures }))

function openSso(address: string, issuer: string): Sso {
  const site: IdentitySite = { folder, plane: 'builtin', port: port(1), backendPort: port(0) }
  const { settings } = modelOf(site).identity as NonNullable<ReturnType<typeof modelOf>['identity']>
  return createSso({
    settings: { ...settings, origin: settings.origin.origin, issuer, clientId: 'bench' },
    store: openStore(address),
    sealKey: new Uint8Array(32).fill(7),
    credentials: async () => null,
  })
}

/** Lookups a second of one process, each of a session by chance out of `among`. */
async function lookups(sso: Sso, keys: readonly string[], among: number, count: number): Promise<number> {
  const pick = () => keys[Math.floor(Math.random() * among)] as string
  for (let index = 0; index < among && index < 1_000; index++) await sso.lookup(keys[index] as string, host(port(1)))
  const began = performance.now()
  for (let index = 0; index < count; index++) {
    const found = await sso.lookup(pick(), host(port(1)))
    if (found.kind !== 'session') throw new Error(`a session is ${found.kind}`)
    // As requests do, so that news of ended sessions are heard in between.
    if (index % 50 === 0) await setImmediate()
  }
  return Math.round(count / ((performance.now() - began) / 1_000))
}

async function measureSessions(issuer: string): Promise<void> {
  const few = `sqlite:${folder}/few.sqlite`
  const many = `sqlite:${folder}/many.sqlite`
  const ofFew = await signIn(few, host(port(1)), 100)
  const ofMany = await signIn(many, host(port(1)), manySessions)
  const { size } = await stat(`${folder}/many.sqlite`)
  const [small, large] = [openSso(few, issuer), openSso(many, issuer)]
  const before = process.memoryUsage().rss
  const [hundred, busy] = [await lookups(small, ofFew, 100, 50_000), await lookups(large, ofMany, 100, 50_000)]
  const all = await lookups(large, ofMany, manySessions, manySessions)
  const bytes = {
    memory: Math.round((process.memoryUsage().rss - before) / manySessions),
    disk: Math.round(size / manySessions),
  }
  print(`identity, ${manySessions} sessions, bytes a session`, bytes)
  print('identity, lookups of 100 busy sessions', {
    ours: busy,
    peer: hundred,
    ratio: busy / hundred,
    unit: `a second, of ${manySessions} against of 100`,
  })
  print(`identity, lookups of any of ${manySessions}`, { ours: all, unit: 'a second' })
  await Promise.all([small.close(), large.close()])
}

/** What a browser brings back from the provider, which asks nobody anything. */
function callbackOf(location: string): URL {
  const asked = new URL(location).searchParams
  const url = new URL(asked.get('redirect_uri') ?? '')
  url.searchParams.set('code', asked.get('nonce') ?? '')
  url.searchParams.set('state', asked.get('state') ?? '')
  return url
}

async function login(sso: Sso): Promise<void> {
  const begun = await sso.begin({ returnTo: `http://${host(port(1))}/`, cookies: new Map() })
  if (begun.kind !== 'begun') throw new Error(`no login can begin: ${begun.because}`)
  const cookies = new Map(begun.cookies.map((one) => [one.name, one.value]))
  const done = await sso.finish({ url: callbackOf(begun.location), cookies, previous: null, device: null })
  if (done.kind !== 'signed-in') throw new Error(`a login is ${done.kind}`)
}

async function measureLogins(issuer: string, count: number): Promise<void> {
  const sso = openSso(`sqlite:${folder}/logins.sqlite`, issuer)
  await login(sso)
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let index = 0; index < count / 16; index++) await login(sso)
    }),
  )
  const spent = process.cpuUsage(cpu)
  const perCpuSecond = Math.round(count / ((spent.user + spent.system) / 1e6))
  const perSecond = Math.round(count / ((performance.now() - began) / 1_000))
  print('identity, logins', { ours: perSecond, perCpuSecond, unit: 'a second' })
  await sso.close()
}

try {
  await compareRequests()
  const idp = await startContender(join(import.meta.dirname, 'peers/stub-idp-program.ts'), port(5), 0)
  stops.push(idp.stop)
  const issuer = `http://127.0.0.1:${port(5)}`
  await measureSessions(issuer)
  await measureLogins(issuer, 1_600)
} finally {
  for (const stop of stops.toReversed()) await stop()
}
