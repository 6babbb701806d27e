/** Starts what the demo company runs, wherever it stands: applications, identity provider, the edge's engine and gateway. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applicationFolder, applications, copyApplications } from './applications.ts'
import { type Authority, createAuthority } from './authority.ts'
import {
  type EngineSetting,
  loginHost,
  names,
  providerHost,
  providerPort,
  writeConfiguration,
} from './configuration.ts'
import type { DemoOptions } from './demo-options.ts'
import { type ProviderSetting, people, providerProgram } from './idp/index.ts'
import { moduleFile } from './module-file.ts'
import type { Place } from './network.ts'
import { nginxFiles } from './nginx-engine.ts'
import type { Processes, Started } from './processes.ts'

/** What the ground that the company stands on makes different. */
export interface Standing {
  readonly places: Readonly<Record<string, Place>>
  readonly simulated: boolean
  /** argv that run Node with these arguments at a place, `env` added to the environment. */
  node(place: string, args: readonly string[], env?: Readonly<Record<string, string>>): readonly string[]
  /** argv that run another program at a place. */
  run(place: string, argv: readonly string[]): readonly string[]
  /** Starts payroll's forgotten debug port, where Node's own cannot be used. */
  readonly debugPort: 'inspector' | 'program'
}

export interface Company {
  readonly standing: Standing
  readonly folder: string
  readonly ca: string
  /** Stops the applications and starts them from their sources as they are now. */
  restartApplications(): Promise<void>
  /** A person in the office opens the address, signs in, and types the code. */
  signIn(url: string, code: string): Promise<void>
}

interface Parts {
  readonly folder: string
  readonly standing: Standing
  readonly processes: Processes
  readonly ca: string
}

export async function startCompany(
  options: DemoOptions,
  folder: string,
  standing: Standing,
  processes: Processes,
): Promise<Company> {
  copyApplications(folder)
  const authority = await createAuthority(join(folder, 'tls'), Date.now())
  const parts: Parts = { folder, standing, processes, ca: authority.ca }
  const [applications] = await Promise.all([
    startApplications(parts),
    startDebugPort(parts),
    startEdge(parts, options, authority),
  ])
  let running = applications
  return {
    standing,
    folder,
    ca: authority.ca,
    restartApplications: async () => {
      await Promise.all(running.map((one) => one.stop()))
      running = await startApplications(parts)
    },
    signIn: (url, code) => signIn(parts, url, code),
  }
}

async function signIn({ standing, processes, ca }: Parts, url: string, code: string): Promise<void> {
  const hosts = Object.entries(names).map(([name, place]) => `${name}=${(standing.places[place] as Place).ipv4}`)
  const program = ['--conditions=source', moduleFile('person'), url, code, ca, ...hosts]
  const ran = await processes.run(standing.node('users', program))
  if (ran.code !== 0) throw new Error('nobody could sign in')
}

function startApplications({ folder, standing, processes, ca }: Parts): Promise<readonly Started[]> {
  const started = applications.map(({ id }) => {
    mkdirSync(join(folder, 'hosts', id), { recursive: true })
    const debug = id === 'payroll' && standing.debugPort === 'inspector' ? ['--inspect=[::]:9229'] : []
    const env = { LOCKGATE_ORIGIN: `https://${id}.acme.test`, NODE_EXTRA_CA_CERTS: ca }
    const program = join(applicationFolder(folder, id), 'server.js')
    const argv = ['--conditions=source', ...debug, program, '::', '8080']
    return processes.start(standing.node(id, argv, env), 'listening')
  })
  return Promise.all(started)
}

async function startDebugPort({ standing, processes }: Parts): Promise<void> {
  if (standing.debugPort === 'inspector') return
  await processes.start(standing.node('payroll', [moduleFile('debug-port'), '::', '9229']), 'listening')
}

async function startEdge(parts: Parts, options: DemoOptions, authority: Authority): Promise<void> {
  const { folder, standing, processes } = parts
  const home = join(folder, 'edge')
  const config = join(home, 'lockgate')
  mkdirSync(config, { recursive: true })
  const secret = randomBytes(24).toString('base64url')
  const clientSecret = join(home, 'client-secret')
  writeFileSync(clientSecret, secret, { mode: 0o600 })
  const edgeNames = Object.keys(names).filter((name) => names[name] === 'edge')
  const paths = { folder, ...(await authority.issue('front', edgeNames)), ca: authority.ca, clientSecret }
  const nginx = options.lab ? nginxFiles(home, config) : null
  const engine: EngineSetting = nginx
    ? { plane: 'nginx', config, test: nginx.test, reload: nginx.reload }
    : { plane: 'builtin', config }
  writeFileSync(join(folder, 'lockgate.yaml'), writeConfiguration(paths, standing.places, engine))
  if (nginx) writeFileSync(nginx.file, nginx.content)
  const [, ...lockgate] = options.lockgate
  const workers = standing.simulated ? ['--workers', '1'] : []
  const gateway = [...lockgate, 'gateway', '--edge', 'front', ...workers, '--dir', folder]
  await Promise.all([
    processes.start(standing.node('edge', gateway), 'wait'),
    startProvider(parts, await authority.issue('idp', [providerHost]), secret),
    ...(nginx ? [processes.start(standing.run('edge', nginx.start), 'start worker process')] : []),
  ])
}

async function startProvider(
  { folder, standing, processes, ca }: Parts,
  pair: { readonly certificate: string; readonly key: string },
  secret: string,
): Promise<void> {
  const home = join(folder, 'idp')
  mkdirSync(home, { recursive: true })
  const at = (name: string): Place => standing.places[name] as Place
  const setting: ProviderSetting = {
    folder: home,
    address: at('idp').ipv4,
    host: providerHost,
    port: providerPort,
    ...pair,
    client: { id: 'lockgate', secret },
    origin: `https://${loginHost}`,
    hosts: { [loginHost]: at('edge').ipv4 },
    otp: 'always',
    accessTokenLifetime: 300,
    people,
  }
  const file = join(home, 'setting.json')
  writeFileSync(file, JSON.stringify(setting), { mode: 0o600 })
  const argv = standing.node('idp', ['--conditions=source', providerProgram, file], { NODE_EXTRA_CA_CERTS: ca })
  await processes.start(argv, 'listening')
}
