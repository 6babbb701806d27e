/** proxy-core with everything on that is on in the gateway: checks, header rules, a record per request. */
import { createProxy } from '@lockgate/proxy-core'

const paths = {
  encodedSlash: 'refuse',
  dotSegments: 'refuse',
  emptySegments: 'refuse',
  parameters: 'refuse',
  case: 'exact',
} as const
const upstream = { scheme: 'http', host: '127.0.0.1', port: Number(process.argv[3]) } as const
const route = { id: 'bench', public: { scheme: 'http', host: 'bench.test', port: 80 }, upstream, paths } as const

/** The gateway writes the line; here its making counts. */
const lines = { bytes: 0 }
const proxy = createProxy({
  routes: [{ ...route, bodyLimit: 1024 ** 2, timeoutMs: 60_000 }],
  now: () => performance.timeOrigin + performance.now(),
  onAccess: (access) => {
    lines.bytes += JSON.stringify(access).length
  },
})
await proxy.listen({ scheme: 'http', host: '127.0.0.1', port: Number(process.argv[2]) })
