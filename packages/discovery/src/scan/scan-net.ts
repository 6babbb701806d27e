/** Asks every address of a small network for the ports on which web applications usually listen. */
import { LockgateError, type Reach } from '@lockgate/model'
import type { SightingsRead } from '../sighting.ts'
import { addressesOf } from './networks.ts'
import { openPortSightings } from './read-nmap.ts'

/** Ports of web servers, application servers and consoles. */
export const webPorts: readonly number[] = [
  80, 81, 443, 591, 1080, 2368, 3000, 3001, 3128, 4000, 4200, 4443, 4567, 5000, 5001, 5601, 5984, 6443, 7001, 7080,
  8000, 8001, 8008, 8010, 8080, 8081, 8082, 8083, 8086, 8088, 8089, 8090, 8096, 8123, 8181, 8200, 8443, 8500, 8787,
  8834, 8888, 9000, 9001, 9080, 9090, 9091, 9200, 9443, 9999, 10000, 10443, 15672, 16686, 18080, 28017,
]

export interface ScanNetOptions {
  readonly signal?: AbortSignal | undefined
  readonly progress?: ((text: string) => void) | undefined
  readonly ports?: readonly number[]
}

/** Throws LG1101 where `cidr` is no network or larger than a /20. */
export async function scanNet(cidr: string, reach: Reach, options: ScanNetOptions = {}): Promise<SightingsRead> {
  const addresses = addressesOf(cidr)
  if (addresses === null) throw new LockgateError('LG1101', `${cidr} is no network; expected CIDR such as 10.20.0.0/24`)
  if (typeof addresses === 'string') throw new LockgateError('LG1101', addresses)
  const ports = options.ports ?? webPorts
  const results = await reach.scan(
    addresses.map((host) => ({ host, ports })),
    {
      timeoutMs: 1_000,
      signal: options.signal,
      progress: (done, total) => options.progress?.(`${cidr}: ${done} of ${total} ports`),
    },
  )
  const failed = results.filter((one) => one.failed > 0)
  const [first] = failed
  return {
    sightings: results
      .filter((one) => one.open.length > 0)
      .flatMap(({ host, open }) =>
        openPortSightings({
          address: host,
          addresses: [host],
          names: [],
          open: open.map((port) => ({ port, name: '', tls: false })),
          file: null,
          line: null,
          by: `a scan from ${reach.label}`,
        }),
      ),
    unread: first
      ? [
          {
            source: `net:${cidr}`,
            because: `${reach.label} could not ask ${failed.length} addresses, such as ${first.host}`,
          },
        ]
      : [],
  }
}
