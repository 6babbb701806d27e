/** The lab with an identity provider: an edge with the login origin, a backend that verifies the assertion and one that is told by headers. */
import { join } from 'node:path'
import type { Child } from '../lab/child.ts'
import {
  type Idp,
  type IdpKind,
  type IdpOptions,
  type PersonName,
  startEntraShaped,
  startKeycloak,
  startOidcProvider,
} from '../lab/idp/index.ts'
import { createLab, type Engine, type EngineId, type Lab, type LockgateAnswer } from '../lab/index.ts'
import { describeIdentity, loginOrigin, names } from './identity-config.ts'
import { type LoginWay, operatorLogin } from './operator-login.ts'
import { node, program, root } from './programs.ts'
import type { Verified } from './world.ts'

type Dict = Record<string, unknown>

export interface IdentityWorld {
  readonly lab: Lab
  readonly idp: Idp
  readonly engine: Engine
  readonly config: Dict & { edges: Dict[]; backends: (Dict & { id: string })[]; identity: Dict }
  /** `lockgate ARGS` from where its operator stands: outside of the lab, and with users where Keycloak is to be asked. */
  lockgate(...args: readonly string[]): Promise<LockgateAnswer>
  verify(stage: 'consolidate' | 'identity', ...args: readonly string[]): Promise<Verified>
  /** Why `lockgate status` says that the stage is shut; empty: it is open. */
  because(stage: 'consolidate' | 'identity'): Promise<string>
  /** `lockgate apply ARGS`, confirmed. */
  apply(...args: readonly string[]): Promise<void>
  /** `lockgate login`, confirmed by a person where users stand. */
  login(person: PersonName, way?: LoginWay): Promise<unknown>
  /** `lockgate gateway` beside an engine that is not one itself. */
  startGateway(): Promise<unknown>
  /** Another application in a backend's place. */
  replaceBackend(id: string, start: () => Promise<Child>): Promise<void>
  /** A proxy in the engine's place that lets everything through. */
  carelessEdge(): Promise<Child>
  close(): Promise<void>
}

const providers = {
  'oidc-provider': startOidcProvider,
  keycloak: startKeycloak,
  'entra-shaped': startEntraShaped,
} satisfies Record<IdpKind, (options: IdpOptions, lab: Lab, place: string) => Promise<Idp>>

export interface IdentityWorldOptions {
  readonly kind?: IdpKind
  /** Over `identity` of lockgate.yaml. */
  readonly identity?: Dict
}

export async function createIdentityWorld(plane: EngineId, options: IdentityWorldOptions = {}): Promise<IdentityWorld> {
  const lab = await createLab({ users: ['office'], hosts: ['payroll', 'wiki', 'idp'] })
  try {
    return await build(lab, plane, options)
  } catch (error) {
    await lab.close()
    throw error
  }
}

async function build(
  lab: Lab,
  plane: EngineId,
  { kind = 'oidc-provider', identity = {} }: IdentityWorldOptions,
): Promise<IdentityWorld> {
  const edge = lab.at('edge')
  const idp = await providers[kind](
    { origin: loginOrigin, hosts: { [new URL(loginOrigin).host]: edge.ipv4 } },
    lab,
    'idp',
  )
  const engine = await lab.startEngine('edge', plane)
  const config = await describeIdentity(lab, { plane, engine, idp, identity })
  lab.yaml(config)
  const backends = new Map([
    ['wiki', await lab.startBackend('wiki')],
    ['payroll', await startVerifying(lab)],
  ])
  const from = kind === 'keycloak' ? { from: 'office' } : {}
  const lockgate: IdentityWorld['lockgate'] = (...args) => lab.lockgate(args, { timeoutMs: 300_000, ...from })
  return {
    lab,
    idp,
    engine,
    config,
    lockgate,
    verify: (...args) => verify(lockgate, args),
    because: (stage) => because(lockgate, stage),
    apply: (...args) => apply(lockgate, args),
    login: (person, way = 'device') => operatorLogin(lab, person, way),
    startGateway: () => startDecisionPoint(lab, engine),
    async replaceBackend(id, start) {
      await backends.get(id)?.stop()
      backends.set(id, await start())
    },
    carelessEdge: () => startCareless(lab, engine),
    async close() {
      await idp.stop()
      await lab.close()
    },
  }
}

async function startListening(lab: Lab, place: string, file: string, setting: object): Promise<Child> {
  const child = await lab.spawn(place, [...program(file), JSON.stringify(setting)])
  await child.until((stdout) => stdout.includes('listening'))
  return child
}

function startVerifying(lab: Lab): Promise<Child> {
  const setting = { port: 8080, origin: 'https://payroll.acme.test', edge: lab.at('edge').ipv4, ca: lab.authority.ca }
  return startListening(lab, 'payroll', 'verifying-backend.ts', setting)
}

async function startCareless(lab: Lab, engine: Engine): Promise<Child> {
  await engine.stop()
  const pair = await lab.authority.issue('careless', names)
  const upstreams = Object.fromEntries(
    ['payroll', 'wiki'].map((id) => [`${id}.acme.test`, `http://${lab.at(id).ipv4}:8080`]),
  )
  return startListening(lab, 'edge', 'careless-edge.ts', { address: lab.at('edge').ipv4, ...pair, upstreams })
}

/** Beside the engine, as its operator would run `lockgate gateway --edge edge`. It waits for its gateway.json. */
function startDecisionPoint(lab: Lab, { config }: Engine): Promise<Child> {
  const options = ['--folder', config, '--edge', 'edge', '--workers', '1']
  return lab.spawn('edge', [...node, join(root, 'apps/gateway/src/main.ts'), ...options])
}

type Lockgate = IdentityWorld['lockgate']

async function verify(lockgate: Lockgate, args: readonly string[]): Promise<Verified> {
  const { code, answer, stderr } = await lockgate('verify', ...args)
  const { gate, reasons, evidence } = (answer ?? {}) as Partial<Verified>
  if (gate === undefined || !reasons || !evidence)
    throw new Error(`verify ended with ${code}: ${JSON.stringify(answer)} ${stderr}`)
  return { code, gate, reasons, evidence, stderr }
}

async function because(lockgate: Lockgate, stage: string): Promise<string> {
  const { answer } = await lockgate('status')
  const { stages } = answer as { stages: { id: string; because: string[] }[] }
  return stages.find((one) => one.id === stage)?.because.join('\n') ?? `no stage ${stage}`
}

async function apply(lockgate: Lockgate, args: readonly string[]): Promise<void> {
  for (const argv of [['apply', ...args, '--yes'], ['confirm']]) {
    const ran = await lockgate(...argv)
    if (ran.code !== 0) throw new Error(`${argv.join(' ')} ended with ${ran.code}: ${ran.stdout} ${ran.stderr}`)
  }
}
