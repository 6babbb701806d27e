/** What benchmarks of stage identity stand on: an identity provider, the real gateway, a backend, and people who have signed in. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type EdgeModel, type PlaneId, parseConfig, type Rendered, type Settings } from '@lockgate/model'
import { planes } from '@lockgate/planes'
import { createBrowser, type Idp, people, signIn, startOidcProvider } from '../lab/idp/index.ts'
import { createAuthority, type KeyPair, startChild } from '../lab/index.ts'
import { startBackend } from './peers/backend.ts'
import { cpuSeconds } from './peers/processes.ts'

/** `before`: takes no part in stage identity. */
export type Kind = 'before' | 'assertion' | 'headers' | 'none'

export interface IdentityStand {
  readonly home: string
  readonly idp: Idp
  readonly certificate: KeyPair
  readonly rendered: Rendered
  readonly backendPort: number
  readonly gatewayPid: number
  /** All are hosts called localhost, which wrk finds without DNS, on ports of their own. */
  port(site: string): number
  /** Signs somebody in; the value of the Cookie header that their browser has for the site from then on. */
  cookie(site: string): Promise<string>
  /** The same for a site that is not Lockgate's and signs in by itself. */
  cookieAt(start: string): Promise<string>
  close(): Promise<void>
}

const run = promisify(execFile)
const node = fileURLToPath(new URL('../../node_modules/.bin/node', import.meta.url))
const gatewayMain = fileURLToPath(new URL('../../apps/gateway/src/main.ts', import.meta.url))
const secret = 'LOCKGATE_OIDC_SECRET'

interface Site {
  readonly plane: PlaneId
  readonly home: string
  readonly kinds: Readonly<Record<string, Kind>>
  readonly port: (site: string) => number
  readonly backendPort: number
  readonly idp: Idp
  readonly certificate: KeyPair
}

/** Of engines that read what the gateway lists. */
const workersOf: Partial<Record<PlaneId, { readonly group: string }>> = { apache: { group: 'www-data' } }

/** Passes outlive the benchmark, so that all of its requests are of one kind. */
function settingsOf({ plane, home, kinds, port, backendPort, idp, certificate }: Site): Settings {
  const host = { via: 'local', addresses: ['127.0.0.1'], firewall: { none: 'benchmark' } }
  const listen = [...Object.keys(kinds), 'login'].map((site) => `https://127.0.0.1:${port(site)}`)
  return parseConfig(
    JSON.stringify({
      version: 1,
      edges: [
        {
          id: 'bench',
          plane,
          via: 'local',
          addresses: ['127.0.0.1'],
          listen,
          config: `${home}/lockgate`,
          tls: certificate,
        },
      ],
      backends: Object.entries(kinds).map(([id, kind]) => ({
        id,
        edge: 'bench',
        public: `https://localhost:${port(id)}`,
        upstream: `http://127.0.0.1:${backendPort}`,
        host,
        identity: kind === 'before' ? 'none' : kind,
      })),
      vantages: [],
      identity: {
        origin: `https://localhost:${port('login')}`,
        issuer: idp.issuer,
        client: { id: idp.client.id, secret: { env: secret } },
        mfa: { acr: idp.mfa.acr, amr: idp.mfa.amr },
        session: { pass: '1h', idle: '4h' },
      },
      gateway: { listen: [`unix:${home}/gateway.sock`], state: `${home}/state`, ...workersOf[plane] },
    }),
  )
}

function modelOf(site: Site): EdgeModel {
  const settings = settingsOf(site)
  const joined = settings.backends.filter(({ id }) => site.kinds[id] !== 'before')
  return {
    stage: 'identity',
    edge: settings.edges[0] as EdgeModel['edge'],
    backends: settings.backends,
    listening: [],
    identity: {
      settings: settings.identity as NonNullable<Settings['identity']>,
      gateway: settings.gateway,
      organisation: settings.organisation,
      language: settings.language,
      idpCa: readFileSync(site.idp.ca, 'utf8'),
      rollout: Object.fromEntries(joined.map(({ id }) => [id, { mode: 'enforce', percent: 100 }])),
      origins: joined.map((one) => one.public.origin),
    },
  }
}

function put({ target }: Rendered): void {
  for (const { path, content } of target.files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
}

/** `basePort`: the backend's; the sites' and the login origin's follow. */
export async function startIdentityStand(
  plane: PlaneId,
  kinds: Readonly<Record<string, Kind>>,
  basePort: number,
): Promise<IdentityStand> {
  const home = mkdtempSync(join(tmpdir(), 'lockgate-bench-identity-'))
  chmodSync(home, 0o755)
  const closers: (() => Promise<unknown>)[] = [() => rm(home, { recursive: true, force: true })]
  const close = async () => {
    for (const one of closers.toReversed()) await one()
  }
  try {
    const sites = [...Object.keys(kinds), 'login']
    const port = (site: string) => basePort + 1 + sites.indexOf(site)
    const authority = await createAuthority(`${home}/tls`)
    const certificate = await authority.issue('edge', ['localhost'])
    const idp = await startOidcProvider({ authority, origin: `https://localhost:${port('login')}` })
    closers.push(() => idp.stop())
    const backend = await startBackend(basePort)
    closers.push(() => backend.stop())
    const rendered = planes[plane].render(
      modelOf({ plane, home, kinds, port, backendPort: basePort, idp, certificate }),
      null,
    )
    put(rendered)
    const argv = [
      node,
      '--conditions=source',
      gatewayMain,
      '--folder',
      `${home}/lockgate`,
      '--edge',
      'bench',
      '--workers',
      '1',
    ]
    const gateway = await startChild(argv, { file: `${home}/gateway`, env: { [secret]: idp.client.secret } })
    closers.push(() => gateway.stop())
    await gateway.until((_, stderr) => stderr.includes('"msg":"serving"'), 30_000)
    chmodSync(`${home}/gateway.sock`, 0o666)
    const cookieAt = async (start: string): Promise<string> => {
      const browser = createBrowser({ ca: [authority.ca, idp.ca], hosts: { '*': '127.0.0.1' } })
      const page = await signIn(browser, start, people.ana)
      if (page.status !== 200) throw new Error(`${start}: ${page.status} ${page.body.slice(0, 500)}`)
      return browser.jar.header(new URL(start), false, true) ?? ''
    }
    const cookie = (site: string) => cookieAt(`https://localhost:${port(site)}/`)
    return {
      home,
      idp,
      certificate,
      rendered,
      backendPort: basePort,
      gatewayPid: gateway.pid,
      port,
      cookie,
      cookieAt,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Seconds of a process and its direct children, which are an engine's or the gateway's workers. */
async function cpuOfAll(pid: number): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean)
  const times = await Promise.all([pid, ...children.map(Number)].map(cpuSeconds))
  return times.reduce((sum, one) => sum + one, 0)
}

export interface Contender {
  readonly name: string
  readonly port: number
  /** All that the requests cost. */
  readonly pids: readonly number[]
  readonly cookie: string
}

/** Requests per CPU-second of all its processes. */
async function measure({ port, pids, cookie }: Contender, seconds: number): Promise<number> {
  const spent = async () => (await Promise.all(pids.map(cpuOfAll))).reduce((sum, one) => sum + one, 0)
  const headers = ['User-Agent: Mozilla/5.0', 'Accept: text/html', `Cookie: theme=dark; ${cookie}`]
  const url = `https://localhost:${port}/payslips/2026/11?view=full`
  const before = await spent()
  const argv = ['-t1', '-c32', `-d${seconds}s`, ...headers.flatMap((one) => ['-H', one]), url]
  const { stdout } = await run('wrk', argv, { timeout: (seconds + 20) * 1_000 })
  if (/Non-2xx/.test(stdout)) throw new Error(`requests failed:\n${stdout}`)
  return Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0) / ((await spent()) - before)
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** By turns, forwards and backwards; medians by name. */
export async function compare(
  contenders: readonly Contender[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Readonly<Record<string, number>>> {
  const all = new Map(contenders.map((one) => [one.name, [] as number[]]))
  for (const one of contenders) await measure(one, 1)
  for (let round = 0; round < rounds; round += 1)
    for (const one of round % 2 === 0 ? contenders : contenders.toReversed())
      all.get(one.name)?.push(await measure(one, seconds))
  return Object.fromEntries([...all].map(([name, values]) => [name, median(values)]))
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000

/** Prints one line: the first contender against the second. */
export function report(
  name: string,
  figures: Readonly<Record<string, number>>,
  ours: string,
  peer: string,
  goal?: number,
): void {
  const [mine, theirs] = [figures[ours] ?? 0, figures[peer] ?? 0]
  const line = { ours: rounded(mine), peer: rounded(theirs), ratio: rounded(mine / theirs), against: peer }
  console.log(JSON.stringify({ name, ...line, ...(goal ? { goal } : {}), unit: 'requests per CPU-second' }))
}
