/** listen, server_name and certificate directives. */
import { type Edge, hostPort, type Origin } from '@lockgate/model'
import { type ConfigNode, directive, literalPattern, pattern } from '../tree/node.ts'
import { atLeast } from '../tree/version.ts'
import { longestHashedName } from './names.ts'

const wildcards: readonly string[] = ['0.0.0.0', '::']

export const isWildcard = (listener: Origin): boolean => wildcards.includes(listener.host)

interface Listen {
  readonly listeners: readonly Origin[]
  readonly version: string | null
  readonly isDefault: boolean
}

/**
 * `default_server` only where no other file is likely to have it: a second one for an address makes nginx refuse the
 * configuration, and Debian's stock site claims the wildcards. There the first server block read is the default.
 */
export function listen({ listeners, version, isDefault }: Listen): readonly ConfigNode[] {
  const own = atLeast(version, '1.25.1') && version !== null
  const http2 = own ? [] : ['http2']
  const lines = listeners.map((one) => {
    const tls = one.scheme === 'https' ? ['ssl', ...http2] : []
    const flag = isDefault && !isWildcard(one) ? ['default_server'] : []
    return directive('listen', hostPort(one.host, one.port), ...tls, ...flag)
  })
  const hasTls = listeners.some((one) => one.scheme === 'https')
  return [...lines, ...(own && hasTls ? [directive('http2', 'on')] : [])]
}

/** An IPv6 literal is compared without brackets' meaning: nginx takes the Host header's text. */
export function serverName(name: string): ConfigNode {
  const isHashed = name.length <= longestHashedName
  return directive('server_name', isHashed ? name : pattern(`~^${literalPattern(name)}$`))
}

export const tlsDirectives = (keyPair: { certificate: string; key: string } | null): readonly ConfigNode[] => [
  ...(keyPair
    ? [directive('ssl_certificate', keyPair.certificate), directive('ssl_certificate_key', keyPair.key)]
    : []),
  directive('ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
  directive('ssl_session_cache', 'shared:lockgate:10m'),
]

export const hasHttps = (edge: Edge): boolean => edge.listen.some((one) => one.scheme === 'https')
