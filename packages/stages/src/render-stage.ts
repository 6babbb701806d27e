/** Renders all that a stage puts on hosts, for a set of backends. Pure but for `gatherFacts`, which asks hosts first. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type Backend,
  digest,
  type Edge,
  type EdgeIdentity,
  type EdgeModel,
  type Gap,
  type Host,
  hostPort,
  LockgateError,
  type Reach,
  type Rendered,
  type Settings,
  type StageId,
  type Step,
  type Target,
  textsDigester,
} from '@lockgate/model'
import { firewallOf, operatorListeners, planes } from '@lockgate/planes'
import { viaKey } from '@lockgate/reach'
import { edgeIdentity, identityEdges, identityGaps } from './edge-identity.ts'
import type { Rollouts } from './rollout.ts'
import type { Workspace } from './workspace.ts'

/** What rendering must know of the hosts. */
export interface RenderFacts {
  /** By edge id; null where the engine did not say. */
  readonly versions: Readonly<Record<string, string | null>>
  /** By edge id, where its host listens without what only our own files open. */
  readonly listening: Readonly<Record<string, readonly { readonly address: string; readonly port: number }[]>>
  /** By host id, the files that its firewall reads, by path. */
  readonly existing: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** By edge id, the group of the engine's workers where it is who asks the gateway; null where it does not say. */
  readonly workerGroups: Readonly<Record<string, string | null>>
  /** PEM of the CA that `identity.ca` names. */
  readonly idpCa: string | null
}

export interface StagePlan {
  readonly stage: StageId
  readonly digest: string
  readonly targets: readonly Target[]
  readonly steps: readonly Step[]
  readonly gaps: readonly Gap[]
  /** By backend id: the digest that its evidence is bound to. */
  readonly backends: Readonly<Record<string, string>>
}

export interface HostGroup {
  readonly host: Host
  readonly backends: readonly Backend[]
}

/** Hosts by id, with the union of what their backends say about them. */
function groupHosts(backends: readonly Backend[]): readonly HostGroup[] {
  const groups = new Map<string, { host: Host; backends: Backend[] }>()
  for (const backend of backends) {
    for (const host of backend.hosts) {
      const known = groups.get(host.id)
      if (!known) groups.set(host.id, { host, backends: [backend] })
      else {
        known.host = union(known.host, host)
        if (!known.backends.includes(backend)) known.backends.push(backend)
      }
    }
  }
  refuseSharedFiles([...groups.values()])
  return [...groups.values()]
}

const merged = <T>(a: readonly T[], b: readonly T[]): readonly T[] => [...new Set([...a, ...b])]

const union = (a: Host, b: Host): Host => ({
  ...a,
  addresses: merged(a.addresses, b.addresses),
  keep: merged(a.keep, b.keep),
  close: merged(a.close, b.close),
  others: a.others === 'close' || b.others === 'close' ? 'close' : 'report',
})

function refuseSharedFiles(groups: readonly HostGroup[]): void {
  const owners = new Map<string, HostGroup>()
  for (const group of groups) {
    if ('none' in group.host.firewall) continue
    const key = `${viaKey(group.host.via)} ${JSON.stringify(group.host.firewall)}`
    const other = owners.get(key)
    if (other) {
      const [a, b] = [other.backends[0]?.id, group.backends[0]?.id]
      throw new LockgateError(
        'LG1005',
        `${a} and ${b} name one firewall of one host, but their hosts begin with different addresses; list the same address first in both`,
      )
    }
    owners.set(key, group)
  }
}

const edgesOf = (settings: Settings, backends: readonly Backend[]): readonly Edge[] =>
  settings.edges.filter((edge) => backends.some((one) => one.edge === edge.id))

export async function gatherFacts({ settings, pool, dir }: Workspace): Promise<RenderFacts> {
  const versions: Record<string, string | null> = {}
  const existing: Record<string, Record<string, string>> = {}
  const listening: Record<string, RenderFacts['listening'][string]> = {}
  const workerGroups: Record<string, string | null> = {}
  const login = settings.edges.filter((one) => one.id === settings.identity?.edge)
  for (const edge of new Set([...edgesOf(settings, settings.backends), ...login])) {
    const plane = planes[edge.plane]
    const reach = await pool.get(edge.via)
    versions[edge.id] = null
    if (reach.live) listening[edge.id] = operatorListeners(await reach.listeners(), await ownFiles(reach, edge.config))
    if (!plane.versionArgv || !reach.live) continue
    const result = await reach.run(plane.versionArgv)
    versions[edge.id] = plane.readVersion(result.stdout + result.stderr)
    workerGroups[edge.id] = await readWorkerGroup(settings, edge, reach)
  }
  for (const { host } of groupHosts(settings.backends)) {
    const firewall = firewallOf(host)
    if (!firewall) continue
    existing[host.id] = {}
    if (firewall.id === 'nftables') continue
    const reach = await pool.get(host.via)
    for (const path of await firewall.reads(host, (folder) => reach.listFolder(folder))) {
      const content = await reach.readFile(path)
      if (content) (existing[host.id] as Record<string, string>)[path] = content.toString('utf8')
    }
  }
  return { versions, existing, listening, workerGroups, idpCa: await readIdpCa(settings, dir) }
}

/** Asked only where a Unix socket of the gateway needs it, and lockgate.yaml does not say it. */
async function readWorkerGroup({ identity, gateway }: Settings, edge: Edge, reach: Reach): Promise<string | null> {
  const { workerGroup } = planes[edge.plane]
  const isAsked = identity !== null && gateway.group === null && gateway.listen.some((one) => one.startsWith('unix:'))
  for (const argv of isAsked && workerGroup ? workerGroup.argv(edge) : []) {
    const { stdout, stderr } = await reach.run(argv)
    const group = workerGroup?.read(stdout + stderr) ?? null
    if (group !== null) return group
  }
  return null
}

async function ownFiles(reach: Reach, folder: string): Promise<readonly string[]> {
  const names = (await reach.listFolder(folder)) ?? []
  const contents = await Promise.all(
    names.filter((name) => name.endsWith('.conf')).map((name) => reach.readFile(`${folder}/${name}`)),
  )
  return contents.map((content) => content?.toString('utf8') ?? '')
}

export async function readIdpCa({ identity }: Settings, dir: string): Promise<string | null> {
  const file = identity?.ca ?? null
  if (file === null) return null
  try {
    return await readFile(resolve(dir, file), 'utf8')
  } catch (cause) {
    throw new LockgateError(
      'LG1001',
      `the CA of the IdP cannot be read: ${(cause as Error).message}; correct identity.ca in lockgate.yaml`,
      { at: { file: 'lockgate.yaml', key: 'identity.ca' }, cause },
    )
  }
}

export interface RenderRequest {
  readonly stage: StageId
  readonly settings: Settings
  /** The backends that are to be live after it. */
  readonly ids: ReadonlySet<string>
  readonly facts: RenderFacts
  /** How far each backend is to have come in stage identity after it. */
  readonly rollouts: Rollouts
}

export function renderStage(request: RenderRequest): StagePlan {
  const { stage, settings, ids, facts, rollouts } = request
  const backends = settings.backends.filter((one) => ids.has(one.id))
  const edges = [...new Set([...edgesOf(settings, backends), ...identityEdges(settings, backends, rollouts)])]
  const byEdge = Map.groupBy(backends, (one) => one.edge)
  const rendered: Rendered[] = edges.map((edge) =>
    planes[edge.plane].render(
      edgeModel(request, edge, byEdge.get(edge.id) ?? [], edgeIdentity(settings, edge, backends, rollouts, facts)),
      facts.versions[edge.id] ?? null,
    ),
  )
  const addresses = new Map(settings.edges.map((one) => [one.id, one.addresses]))
  for (const { host, backends: onHost } of groupHosts(backends)) {
    const firewall = firewallOf(host)
    if (!firewall) continue
    const edgeAddresses = [...new Set(onHost.flatMap((one) => addresses.get(one.edge) ?? []))]
    const addressesByEdge = Object.fromEntries(onHost.map((one) => [one.edge, addresses.get(one.edge) ?? []]))
    rendered.push(
      firewall.render({ stage, host, backends: onHost, edgeAddresses, addressesByEdge }, facts.existing[host.id] ?? {}),
    )
  }
  const targets = rendered.map((one) => one.target)
  const digestOf = textsDigester()
  const parts = new Map<string, string[]>(backends.map((one) => [one.id, []]))
  for (const target of targets)
    for (const [id, texts] of Object.entries(target.parts)) parts.get(id)?.push(target.id, ...texts)
  return {
    stage,
    digest: digest(targets.map((one) => [one.id, one.generation])),
    targets,
    steps: rendered.flatMap((one) => one.steps),
    gaps: [
      ...identityGaps(settings, backends, rollouts),
      ...rendered.flatMap((one) => one.gaps),
      ...unclosedHosts(backends),
    ],
    backends: Object.fromEntries([...parts].map(([id, texts]) => [id, digestOf(texts)])),
  }
}

export function edgeModel(
  { stage, facts }: Pick<RenderRequest, 'stage' | 'facts'>,
  edge: Edge,
  backends: readonly Backend[],
  identity: EdgeIdentity | null,
): EdgeModel {
  const listening = facts.listening[edge.id]
  return { stage, edge, backends, identity, ...(listening ? { listening } : {}) }
}

/** `{none: reason}`: nothing of ours closes that host; the checks say whether it is closed all the same. */
function unclosedHosts(backends: readonly Backend[]): readonly Gap[] {
  return backends.flatMap((backend) =>
    backend.hosts.flatMap((host) =>
      'none' in host.firewall
        ? [
            {
              edge: null,
              backend: backend.id,
              feature: 'firewall',
              because: `nothing closes ${hostPort(backend.upstream.host, backend.upstream.port)} by plan: ${host.firewall.none}`,
              required: false,
            },
          ]
        : [],
    ),
  )
}
