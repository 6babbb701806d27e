/** How an edge shows which generation answers: each listener is asked from the edge's own host. */
import { type Edge, generationHost, hostPort, isIpAddress, LockgateError, type Proof } from '@lockgate/model'

/** A wildcard is asked at the loopback address of its family; a connection to `0.0.0.0` is not defined everywhere. */
const askAt: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

export const edgeProof = (edge: Edge, generation: string): Proof => ({
  kind: 'http',
  urls: edge.listen.map((one) => `${one.scheme}://${hostPort(askAt[one.host] ?? one.host, one.port)}/`),
  host: generationHost(generation),
  expect: generation,
})

/** Engines bind addresses, not names: which address a name has may change between plan and start. Throws LG1005. */
export function requireListenAddresses(edge: Edge): void {
  const named = edge.listen.find((one) => !isIpAddress(one.host))
  if (!named) return
  const message = `the edge ${edge.id} listens at ${named.origin}; write the IP address to bind, such as ${named.scheme}://0.0.0.0:${named.port}`
  throw new LockgateError('LG1005', message, { at: { key: 'edges.listen' } })
}
