/** Ports that the host hands on by address translation, tried from outside: they pass beside a firewall's input rules. */
import { type Backend, type Check, hostPort, type Io } from '@lockgate/model'
import { type BackendAddress, backendAddresses } from '../backend-addresses.ts'
import { mapBounded } from '../bounded.ts'
import { segmentation } from '../mapping.ts'
import { type PublishSight, publishSight } from '../publish-sight.ts'
import { standingAt } from '../standing-at.ts'
import { type Swept, sweep } from '../sweep.ts'
import { expectedPorts } from '../swept.ts'
import { skip, verdictOf } from '../verdict.ts'

export type DockerPublishFacts = {
  readonly hosts: readonly PublishSight[]
  readonly tried: readonly (Swept & {
    readonly vantage: string
    readonly of: string
    readonly expected: readonly number[]
  })[]
}

const options = { name: 'published', timeoutMs: 800, concurrency: 128 }

/** A rule without a port hands on every port; its own list would be the full sweep, which is a check of its own. */
const widest = 4_096

function portsOf(sight: PublishSight | undefined): readonly number[] {
  const ranges = (sight?.published ?? []).filter((one) => one.to - one.from < widest)
  const ports = ranges.flatMap((one) => Array.from({ length: one.to - one.from + 1 }, (_, index) => one.from + index))
  return [...new Set(ports)].sort((a, b) => a - b)
}

async function probe(backend: Backend, io: Io): Promise<DockerPublishFacts> {
  const hosts = await Promise.all(io.hosts.map((one) => publishSight(one, io)))
  const edges = io.edges.map((each) => each.edge)
  const lookFrom = async (each: Io) => {
    const { addresses } = await backendAddresses(backend, each)
    const places = addresses.map((one) => ({ one, ports: portsOf(hosts.find((host) => host.host === one.of)) }))
    return mapBounded(
      places.filter(({ ports }) => ports.length > 0),
      4,
      async ({ one, ports }: { one: BackendAddress; ports: readonly number[] }) => ({
        ...(await sweep(one.address, ports, options, each)),
        vantage: each.at.vantage.id,
        of: one.of,
        expected: expectedPorts(backend, one, edges),
      }),
    )
  }
  const tried = await Promise.all(io.vantages.map((one) => lookFrom(standingAt(io, one))))
  return { hosts, tried: tried.flat() }
}

function failuresOf({ hosts, tried }: DockerPublishFacts): readonly string[] {
  return tried.flatMap((one) =>
    one.open
      .filter((port) => !one.expected.includes(port))
      .map((port) => {
        const rule = hosts
          .find((host) => host.host === one.of)
          ?.published.find((each) => each.from <= port && port <= each.to)
        return `${hostPort(one.address, port)} accepts connections from ${one.vantage}: ${rule?.by} hands it on to ${rule?.leads}`
      }),
  )
}

function errorsOf({ hosts, tried }: DockerPublishFacts): readonly string[] {
  return [
    ...hosts.flatMap((one) => one.unseen),
    ...hosts.flatMap((one) =>
      one.published
        .filter((rule) => rule.to - rule.from >= widest)
        .map(
          (rule) =>
            `${one.host}: ${rule.by} hands on ports ${rule.from} to ${rule.to} to ${rule.leads}; narrow that rule`,
        ),
    ),
    ...tried
      .filter((one) => one.failed > 0)
      .map((one) => `${one.failed} published ports of ${one.address} could not be asked from ${one.vantage}`),
  ]
}

export const dockerPublish: Check<DockerPublishFacts> = {
  id: 'consolidate.docker-publish',
  title: 'No port that the host hands on to a container or another machine is open to users',
  severity: 'blocker',
  per: 'backend',
  maps: segmentation,
  fix: 'consolidate.md#docker-publish',
  needs: ['consolidate.brokered'],
  skips: ['no-container-runtime'],
  probe,
  judge(facts) {
    const verdict = verdictOf(failuresOf(facts), errorsOf(facts))
    const nothing = facts.hosts.every((one) => one.runtimes.length === 0 && one.published.length === 0)
    if (verdict.status !== 'pass' || !nothing) return verdict
    const names = facts.hosts.map((one) => one.host).join(', ')
    return skip('no-container-runtime', `${names} has no container runtime and translates no address`)
  },
}
