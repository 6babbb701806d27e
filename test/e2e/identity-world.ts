/** The lab with an identity provider: an edge with the login origin, a backend that verifies the assertion and one that is told by headers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Child } from '../lab/child.ts'
import { type Idp, type PersonName, startOidcProvider } from '../lab/idp/index.ts'
import { createLab, type Engine, type EngineId, type Lab } from '../lab/index.ts'
import type { Verified } from './world.ts'

type Dict = Record<string, unknown>

export interface IdentityWorld {
  readonly lab: Lab
  readonly idp: Idp
  readonly engine: Engine
  readonly config: Dict & { edges: Dict[]; backends: (Dict & { id: string })[] }
  verify(stage: 'consolidate' | 'identity', ...args: readonly string[]): Promise<Verified>
  /** Why `lockgate status` says that the stage is shut; empty: it is open. */
  because(stage: 'consolidate' | 'identity'): Promise<string>
  /** `lockgate apply ARGS`, confirmed. */
  apply(...args: readonly string[]): Promise<void>
  /** `lockgate login --device`, confirmed by a person where users stand. */
  login(person: PersonName): Promise<unknown>
  /** `lockgate gateway` beside an engine that is not one itself. */
  startGateway(): Promise<unknown>
  /** Another application in a backend's place. */
  replaceBackend(id: string, start: () => Promise<Child>): Promise<void>
  /** A proxy in the engine's place that lets everything through. */
  carelessEdge(): Promise<Child>
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const node = [join(root, 'node_modules/.bin/node'), '--conditions=source']
export const program = (name: string) => [...node, join(root, 'test/e2e', name)]
const names = ['login.acme.test', 'payroll.acme.test', 'wiki.acme.test']

export async function createIdentityWorld(plane: EngineId): Promise<IdentityWorld> {
  const lab = await createLab({ users: ['office'], hosts: ['payroll', 'wiki', 'idp'] })
  try {
    return await build(lab, plane)
  } catch (error) {
    await lab.close()
    throw error
  }
}

async function build(lab: Lab, plane: EngineId): Promise<IdentityWorld> {
  const edge = lab.at('edge')
  const idp = await startOidcProvider(
    { origin: 'https://login.acme.test', hosts: { 'login.acme.test': edge.ipv4 } },
    lab,
    'idp',
  )
  const engine = await lab.startEngine('edge', plane)
  const secret = lab.hostFile('edge', 'client-secret')
  writeFileSync(secret, idp.client.secret, { mode: 0o600 })
  const config = await describeWorld(lab, plane, engine, idp, secret)
  lab.yaml(config)
  const backends = new Map([['wiki', await lab.startBackend('wiki')]])
  const verifying = { port: 8080, origin: 'https://payroll.acme.test', edge: edge.ipv4, ca: lab.authority.ca }
  const payroll = await lab.spawn('payroll', [...program('verifying-backend.ts'), JSON.stringify(verifying)])
  await payroll.until((stdout) => stdout.includes('listening'))
  backends.set('payroll', payroll)
  return {
    lab,
    idp,
    engine,
    config,
    verify: (stage, ...args) => verify(lab, [stage, ...args]),
    because: (stage) => because(lab, stage),
    apply: (...args) => apply(lab, args),
    login: (person) => login(lab, person),
    startGateway: () => startDecisionPoint(lab, engine),
    async replaceBackend(id, start) {
      await backends.get(id)?.stop()
      backends.set(id, await start())
    },
    async carelessEdge() {
      await engine.stop()
      const pair = await lab.authority.issue('careless', names)
      const upstreams = Object.fromEntries(
        ['payroll', 'wiki'].map((id) => [`${id}.acme.test`, `http://${lab.at(id).ipv4}:8080`]),
      )
      const setting = { address: edge.ipv4, ...pair, upstreams }
      const child = await lab.spawn('edge', [...program('careless-edge.ts'), JSON.stringify(setting)])
      await child.until((stdout) => stdout.includes('listening'))
      return child
    },
    async close() {
      await idp.stop()
      await lab.close()
    },
  }
}

/** Beside the engine, as its operator would run `lockgate gateway --edge edge`. It waits for its gateway.json. */
const startDecisionPoint = (lab: Lab, { config }: Engine): Promise<Child> =>
  lab.spawn('edge', [
    ...node,
    join(root, 'apps/gateway/src/main.ts'),
    '--folder',
    config,
    '--edge',
    'edge',
    '--workers',
    '1',
  ])

async function describeWorld(lab: Lab, plane: EngineId, engine: Engine, idp: Idp, secret: string) {
  const { netns, ipv4, ipv6 } = lab.at('edge')
  const pair = await lab.authority.issue('edge', names)
  const backend = (id: string, identity: string, wave: string) => {
    const at = lab.at(id)
    return {
      id,
      edge: 'edge',
      public: `https://${id}.acme.test`,
      upstream: `http://${at.ipv4}:8080`,
      host: {
        via: { netns: at.netns },
        addresses: [at.ipv4, ...(at.ipv6 ? [at.ipv6] : [])],
        firewall: { nftables: lab.hostFile(id, 'lockgate.nft') },
      },
      health: '/healthz',
      identity,
      wave,
    }
  }
  return {
    version: 1,
    organisation: 'Lab',
    gate: { sweep: 'usual' },
    edges: [
      {
        id: 'edge',
        plane,
        via: { netns },
        addresses: [ipv4, ...(ipv6 ? [ipv6] : [])],
        listen: [ipv4, ...(ipv6 ? [`[${ipv6}]`] : [])].map((address) => `https://${address}:443`),
        config: engine.config,
        tls: { ...pair, ca: lab.authority.ca },
        ...(engine.testArgv ? { test: engine.testArgv } : {}),
        ...(engine.reloadArgv ? { reload: engine.reloadArgv } : {}),
      },
    ],
    backends: [backend('payroll', 'assertion', 'pilot'), backend('wiki', 'headers', 'rest')],
    vantages: [
      { id: 'office', stands: 'users', via: { netns: lab.at('office').netns } },
      // One place to look from is enough where the plane is what differs.
      ...(plane === 'builtin' ? [{ id: 'neighbour', stands: 'peers', via: { netns: lab.at('peers').netns } }] : []),
    ],
    identity: {
      origin: 'https://login.acme.test',
      issuer: idp.issuer,
      client: { id: idp.client.id, secret: { file: secret } },
      mfa: idp.mfa,
      ca: idp.ca,
    },
    // mod_auth_openidc fetches keys over TCP only.
    gateway: {
      listen: [plane === 'apache' ? '127.0.0.1:9000' : `unix:${lab.hostFile('edge', 'gateway.sock')}`],
      state: lab.hostFile('edge', 'state'),
    },
  }
}

async function verify(lab: Lab, args: readonly string[]): Promise<Verified> {
  const { code, answer, stderr } = await lab.lockgate(['verify', ...args], { timeoutMs: 300_000 })
  const { gate, reasons, evidence } = (answer ?? {}) as Partial<Verified>
  if (gate === undefined || !reasons || !evidence)
    throw new Error(`verify ended with ${code}: ${JSON.stringify(answer)} ${stderr}`)
  return { code, gate, reasons, evidence, stderr }
}

async function because(lab: Lab, stage: string): Promise<string> {
  const { answer } = await lab.lockgate(['status'])
  const { stages } = answer as { stages: { id: string; because: string[] }[] }
  return stages.find((one) => one.id === stage)?.because.join('\n') ?? `no stage ${stage}`
}

async function apply(lab: Lab, args: readonly string[]): Promise<void> {
  for (const argv of [['apply', ...args, '--yes'], ['confirm']]) {
    const ran = await lab.lockgate(argv, { timeoutMs: 300_000 })
    if (ran.code !== 0) throw new Error(`${argv.join(' ')} ended with ${ran.code}: ${ran.stdout} ${ran.stderr}`)
  }
}

async function login(lab: Lab, person: PersonName): Promise<unknown> {
  const child = await lab.spawn(null, [join(root, 'lockgate'), 'login', '--device', '--json', '--dir', lab.work])
  const typed = /Open (\S+) in a browser and type the code (\S+)/
  await child.until((_, stderr) => typed.test(stderr), 30_000)
  const [, url = '', code = ''] = typed.exec(child.stderr()) ?? []
  const asked = { url, code, login: person, ca: lab.authority.ca, edge: lab.at('edge').ipv4, names }
  const ran = await lab.run('office', [...program('person.ts'), JSON.stringify(asked)], { timeoutMs: 90_000 })
  if (ran.code !== 0) throw new Error(`${person} could not confirm: ${ran.stdout} ${ran.stderr}`)
  if ((await child.exited) !== 0) throw new Error(`lockgate login: ${child.stdout()} ${child.stderr()}`)
  return JSON.parse(child.stdout())
}
