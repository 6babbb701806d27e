/** Arbitrary configurations that lockgate.yaml allows, for tests that ask the engines themselves. */
import type { Settings } from '@lockgate/model'
import fc from 'fast-check'
import { settingsOf } from './model.ts'

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/)
const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9-]{0,6}[a-z0-9])?$/)
const hostName = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => `n${labels.join('.')}`)
const port = fc.integer({ min: 1, max: 65_535 })
const address = fc.oneof(fc.ipV4(), fc.ipV6())
const network = fc.oneof(
  address,
  fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([one, bits]) => `${one}/${bits}`),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([one, bits]) => `${one}/${bits}`),
)
const origin = (scheme: string, host: string, at: number) =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${at}`

const paths = fc.record(
  {
    'encoded-slash': fc.constantFrom('refuse', 'keep'),
    'dot-segments': fc.constantFrom('refuse', 'resolve'),
    'empty-segments': fc.constantFrom('refuse', 'merge', 'keep'),
    parameters: fc.constantFrom('refuse', 'keep'),
    case: fc.constantFrom('exact', 'ignore'),
  },
  { requiredKeys: [] },
)

const backend = fc.record({
  id: name,
  public: fc.tuple(fc.constantFrom('http', 'https'), hostName),
  upstream: fc.tuple(
    fc.constantFrom('http', 'https'),
    fc.oneof(
      address,
      hostName.map((one) => `up-${one}`),
    ),
    port,
  ),
  paths,
  limits: fc.record({
    body: fc.integer({ min: 1, max: 100 }).map((mib) => `${mib}MiB`),
    timeout: fc.integer({ min: 1, max: 900 }).map((seconds) => `${seconds}s`),
  }),
})

export interface Certificates {
  readonly certificate: string
  readonly key: string
}

/** One edge on random addresses, at most six backends on one host. */
export const arbitrarySettings = (plane: string, tls: Certificates): fc.Arbitrary<Settings> =>
  fc
    .record({
      edgeId: name,
      plane: fc.constant(plane),
      addresses: fc.uniqueArray(network, { minLength: 1, maxLength: 4 }),
      listen: fc.uniqueArray(address, { minLength: 1, maxLength: 3 }),
      ports: fc.tuple(port, port).filter(([a, b]) => a !== b),
      backends: fc.uniqueArray(backend, {
        maxLength: 6,
        comparator: (a, b) => a.id.toLowerCase() === b.id.toLowerCase() || a.public[1] === b.public[1],
      }),
      host: fc.record({
        addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 3 }),
        keep: fc.uniqueArray(port, { maxLength: 4 }),
        close: fc.uniqueArray(port, { maxLength: 4 }),
        others: fc.constantFrom('report', 'close'),
      }),
    })
    .map(({ edgeId, addresses, listen, ports, backends, host }) => {
      const at = { http: ports[0], https: ports[1] } as const
      return settingsOf({
        edges: [
          {
            id: edgeId,
            plane,
            addresses,
            tls,
            listen: listen.flatMap((one) => [origin('http', one, at.http), origin('https', one, at.https)]),
          },
        ],
        host,
        backends: backends
          .filter((one) => !listen.includes(one.upstream[1]))
          .map((one) => ({
            ...one,
            edge: edgeId,
            public: origin(one.public[0], one.public[1], at[one.public[0] as 'http' | 'https']),
            upstream: origin(...one.upstream),
          })),
      })
    })
