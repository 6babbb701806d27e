/** Opens all that a verification looks from and at, and finds out which vantages stand on an edge's own network. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Backend, Edge, EdgeIo, HostIo, OperatorSession, Reach, RoutesRead, VantageIo, Via } from '@lockgate/model'
import { viaLabel } from '@lockgate/reach'
import { deadReach } from './dead-reach.ts'
import { readSession } from './operator-session.ts'
import type { Rollouts } from './rollout.ts'
import type { Workspace } from './workspace.ts'

export interface Surroundings {
  readonly edges: ReadonlyMap<string, EdgeIo>
  /** All that stand with users or peers, without the demoted. */
  readonly vantages: readonly VantageIo[]
  readonly demoted: readonly string[]
  /** By vantage id, why it cannot be asked. */
  readonly down: ReadonlyMap<string, string>
  readonly rollouts: Rollouts
  readonly session: OperatorSession | null
  hostsOf(backend: Backend): Promise<readonly HostIo[]>
  caOf(edge: Edge): Promise<string | null>
}

async function reachOrDead(workspace: Workspace, via: Via): Promise<{ reach: Reach; because: string | null }> {
  const got = await workspace.pool.tryGet(via)
  if ('reach' in got) return { reach: got.reach, because: null }
  return { reach: deadReach(viaLabel(via), got.failed), because: got.failed.message }
}

/** `rollouts`: how far the backends have come in stage identity, once what is looked at is live. */
export async function openSurroundings(workspace: Workspace, rollouts: Rollouts): Promise<Surroundings> {
  const { settings } = workspace
  const edges = new Map(
    await Promise.all(settings.edges.map(async (edge) => [edge.id, await openEdge(workspace, edge)] as const)),
  )
  const opened = await Promise.all(
    settings.vantages
      .filter((one) => one.stands !== 'proxy')
      .map(async (vantage) => ({ vantage, ...(await reachOrDead(workspace, vantage.via)) })),
  )
  const down = new Map(
    opened.flatMap(({ vantage, because }) => (because === null ? [] : [[vantage.id, because] as const])),
  )
  const demoted = workspace.simulated ? [] : await findDemoted(opened, [...edges.values()], down)
  return {
    edges,
    vantages: opened
      .filter(({ vantage }) => !demoted.includes(vantage.id))
      .map(({ vantage, reach }) => ({ vantage, reach })),
    demoted,
    down,
    rollouts,
    session: await readSession(workspace.stateFolder, workspace.now()),
    hostsOf: async (backend) =>
      Promise.all(backend.hosts.map(async (host) => ({ host, reach: (await reachOrDead(workspace, host.via)).reach }))),
    caOf: (edge) => readCa(workspace, edge),
  }
}

async function openEdge(workspace: Workspace, edge: Edge): Promise<EdgeIo> {
  const { reach } = await reachOrDead(workspace, edge.via)
  let routes: Promise<RoutesRead> | null = null
  return {
    edge,
    reach,
    routes() {
      const reading = routes ?? readRoutesOrWhy(edge, reach)
      routes = reading
      return reading
    },
  }
}

async function readRoutesOrWhy(edge: Edge, reach: Reach): Promise<RoutesRead> {
  const { readRoutes } = await import('@lockgate/discovery')
  return readRoutes(edge, reach).catch((cause: Error) => ({
    routes: [],
    unread: [{ source: edge.id, because: cause.message }],
  }))
}

/** Two places with the same boot id and network namespace are one place. */
async function findDemoted(
  vantages: readonly VantageIo[],
  edges: readonly EdgeIo[],
  down: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const identify = async (reach: Reach): Promise<string | null> => {
    const identity = await reach.identity().catch(() => null)
    return identity?.bootId && identity.netns ? `${identity.bootId} ${identity.netns}` : null
  }
  const proxies = new Set(await Promise.all(edges.map((one) => identify(one.reach))))
  proxies.delete(null)
  const judged = await Promise.all(
    vantages.map(async ({ vantage, reach }) => {
      if (down.has(vantage.id)) return false
      const here = await identify(reach)
      return here !== null && proxies.has(here)
    }),
  )
  return vantages.filter((_, index) => judged[index]).map((one) => one.vantage.id)
}

async function readCa(workspace: Workspace, edge: Edge): Promise<string | null> {
  if (edge.tls.ca === null) return null
  return readFile(resolve(workspace.dir, edge.tls.ca), 'utf8')
}
