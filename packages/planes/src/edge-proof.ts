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

/**
 * Engines bind addresses, not names: which address a name has may change between plan and start. And an https listener
 * needs some certificate, for the proof if for nothing else. Throws LG1005.
 */
export function requireListeners(edge: Edge): void {
  const refuse = (message: string, key: string) => {
    throw new LockgateError('LG1005', message, { at: { key } })
  }
  const named = edge.listen.find((one) => !isIpAddress(one.host))
  if (named)
    refuse(
      `the edge ${edge.id} listens at ${named.origin}; write the IP address to bind, such as ${named.scheme}://0.0.0.0:${named.port}`,
      'edges.listen',
    )
  const { certificate, key, names } = edge.tls
  const certified = (certificate !== null && key !== null) || Object.keys(names).length > 0
  const secure = edge.listen.find((one) => one.scheme === 'https')
  if (secure && !certified)
    refuse(
      `the edge ${edge.id} listens at ${secure.origin} without a certificate; set tls.certificate and tls.key`,
      'edges.tls',
    )
}
