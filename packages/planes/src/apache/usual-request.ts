/** One rule for most requests, which takes them past all others: each expression that Apache matches costs about a hundredth of a request. */
import type { Backend } from '@lockgate/model'
import { authority } from '../tree/authority.ts'
import { type ConfigNode, directive, pattern, template, variable } from '../tree/node.ts'
import { queryPattern, usualPath } from '../tree/target-pattern.ts'
import { limitDigits } from './forward.ts'

/** The declared length of the body, which is short enough to be within the limit, and the request line. `elsewhere`: what its path must be too. */
export const usualLine = (backend: Backend, elsewhere = ''): string =>
  `\\d{0,${limitDigits(backend) - 1}} (?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ${elsewhere}${usualPath}${queryPattern} HTTP/[0-9.]+$`

const rulesAmong = (nodes: readonly ConfigNode[]): number =>
  nodes.filter((one) => 'directive' in one && one.directive === 'RewriteRule').length

/** `others`: the rules that follow, all of which would let such a request pass. */
export function usualRequest(backend: Backend, others: readonly ConfigNode[]): readonly ConfigNode[] {
  const { scheme, host } = backend.public
  const when = (name: string, value: string) => directive('RewriteCond', variable(name), pattern(value))
  const asked = template(variable('%{HTTP:Content-Length}'), ' ', variable('%{THE_REQUEST}'))
  return [
    ...(scheme === 'https' ? [when('%{SSL:SSL_TLS_SNI}', `=${host}`)] : []),
    when('%{HTTP_HOST}', `=${authority(backend.public)}`),
    directive('RewriteCond', asked, pattern(`^${usualLine(backend)}`)),
    directive('RewriteRule', '^', '-', `[E=lockgate_asked:1,S=${rulesAmong(others)}]`),
    ...others,
  ]
}
