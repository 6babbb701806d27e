/** What every generated virtual host begins with, and how it refuses. */
import { type Backend, generationHost, type PathRules } from '@lockgate/model'
import { bracketed } from '../tree/authority.ts'
import { type ConfigNode, directive, literalPattern, pattern, variable } from '../tree/node.ts'
import { pathPattern, queryPattern } from '../tree/target-pattern.ts'

const texts = { '400': 'The request is refused.', '421': 'This name is not served here.' } as const

/** The operator's error pages would be asked of the backend, as another request than the one that failed. */
const builtinErrors = ['403', '404', '405', '408', '413', '414', '431', '500', '501', '502', '503', '504'] as const

/** What decides about requests, in any virtual host. */
export const requestBasics: readonly ConfigNode[] = [
  directive('TraceEnable', 'off'),
  directive('ProxyRequests', 'Off'),
  directive('AllowEncodedSlashes', 'NoDecode'),
  directive('MergeSlashes', 'Off'),
]

export const virtualHostBasics: readonly ConfigNode[] = [
  directive('UseCanonicalName', 'On'),
  directive('ServerSignature', 'Off'),
  ...requestBasics,
  ...Object.entries(texts).map(([status, text]) => directive('ErrorDocument', status, text)),
  ...builtinErrors.map((status) => directive('ErrorDocument', status, 'default')),
]

export const refuseWith = (status: string): ConfigNode => directive('RewriteRule', '^', '-', `[R=${status},L]`)

/** Its own name in any case, without a port or with one of these. */
const hostPattern = (host: string, ports: readonly number[]): string =>
  `!^${literalPattern(bracketed(host))}\\.?(?::(?:${ports.join('|')}))?$`

/** RFC 9112 §3.2.2 makes Apache replace Host by the authority of an absolute target, so the two can't be compared: refused. */
const requestPattern = (rules: PathRules): string =>
  `!^(?!CONNECT |TRACE )[A-Z][A-Z_-]* ${pathPattern(rules)}${queryPattern} HTTP/[0-9.]+$`

/** In this order: the TLS name, then Host and port, then the target as received. */
export const refusals = (
  { public: seen, paths }: Pick<Backend, 'public' | 'paths'>,
  ports: readonly number[],
  isTls: boolean,
): readonly ConfigNode[] => [
  ...(isTls
    ? [
        directive('RewriteCond', variable('%{SSL:SSL_TLS_SNI}'), pattern(`!^${literalPattern(seen.host)}$`), '[NC]'),
        refuseWith('421'),
      ]
    : []),
  directive('RewriteCond', variable('%{HTTP_HOST}'), pattern(hostPattern(seen.host, ports)), '[NC]'),
  refuseWith('421'),
  directive('RewriteCond', variable('%{THE_REQUEST}'), pattern(requestPattern(paths))),
  refuseWith('400'),
]

/** An ErrorDocument for 200 is how Apache answers with a text that is in no file; a bare `sha256:…` would be a URL to it. */
export const generationAnswer = (generation: string): readonly ConfigNode[] => [
  directive('ServerName', generationHost(generation)),
  directive('SetEnvIf', 'Request_Method', '^', `lockgate_generation=${generation}`),
  directive('ErrorDocument', '200', variable('%{reqenv:lockgate_generation}')),
  directive('RewriteEngine', 'On'),
  refuseWith('200'),
]
