/** VirtualHost addresses, certificates, and Listen where the operator's own configuration lacks it. */
import { type EdgeModel, hostPort, type Origin } from '@lockgate/model'
import { block, type ConfigNode, comment, directive } from '../tree/node.ts'

const wildcards: readonly string[] = ['0.0.0.0', '::']

export const isWildcard = (listener: Origin): boolean => wildcards.includes(listener.host)

/** A wildcard of one family is `*` to Apache, which is both. */
export const virtualHostAddresses = (listeners: readonly Origin[]): readonly string[] => [
  ...new Set(listeners.map((one) => (isWildcard(one) ? `*:${one.port}` : hostPort(one.host, one.port)))),
]

/** Whether a Listen for the listener would meet a socket at this address of the same port. `::` is both families to Linux. */
const covers = (address: string, listener: Origin): boolean =>
  address === listener.host ||
  address === '::' ||
  (address === '0.0.0.0' && !listener.host.includes(':')) ||
  isWildcard(listener)

/**
 * Apache opens sockets only where a Listen says so, refuses the same Listen twice, and ends itself at the reload when a
 * wildcard and an address of one port meet, which its test does not see. So a Listen is written only where the host is known
 * to have nothing on that port yet; where that is not known only an operator who defines LOCKGATE_LISTEN gets them.
 */
export function listens(listen: readonly Origin[], listening: EdgeModel['listening']): readonly ConfigNode[] {
  const lines = (listeners: readonly Origin[]) =>
    [...new Set(listeners.map((one) => hostPort(one.host, one.port)))].map((one) => directive('Listen', one))
  if (!listening)
    return [
      comment('Where the main configuration has no Listen for these: Define LOCKGATE_LISTEN'),
      block('IfDefine', ['LOCKGATE_LISTEN'], lines(listen)),
    ]
  return lines(
    listen.filter((one) => !listening.some((other) => other.port === one.port && covers(other.address, one))),
  )
}

export const tlsDirectives = (keyPair: { certificate: string; key: string } | null): readonly ConfigNode[] =>
  keyPair
    ? [
        directive('SSLEngine', 'on'),
        directive('SSLCertificateFile', keyPair.certificate),
        directive('SSLCertificateKeyFile', keyPair.key),
        directive('SSLProtocol', '-all', '+TLSv1.2', '+TLSv1.3'),
      ]
    : []

/** Where a host listens without what only these files of ours open: what `EdgeModel.listening` asks for. */
export function operatorListeners(
  sockets: readonly { readonly address: string; readonly port: number }[],
  ownFiles: readonly string[],
): readonly { readonly address: string; readonly port: number }[] {
  const own = new Set(
    ownFiles.flatMap((text) => [...text.matchAll(/^Listen "?([^"\s]+)"?$/gm)].map((match) => match[1])),
  )
  return sockets.filter((one) => !own.has(hostPort(one.address, one.port)))
}
