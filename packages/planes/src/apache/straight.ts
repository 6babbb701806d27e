/** The way past the gateway, for requests of listed sessions: where they go, and with which headers. */
import { type Backend, type EdgeModel, liveFolder, liveHome } from '@lockgate/model'
import { stepUpPaths, takesPart } from '../tree/identity.ts'
import { type Argument, block, type ConfigNode, directive, group, pattern, template, variable } from '../tree/node.ts'
import { gatewaysWord } from '../tree/removed-headers.ts'
import { proxyWorker, redirects, upstreamTls, upstreamUrl } from './forward.ts'
import { askedAt, toldTo, whenListed } from './listed-session.ts'
import { forwardingNames } from './request-headers.ts'

export interface Straight {
  /** Before all that judges a request. */
  readonly rules: readonly ConfigNode[]
  /** Beside what leads to the gateway. */
  readonly onwards: readonly ConfigNode[]
}

const flag = 'lockgate_straight'
const whenStraight = `env=${flag}`
export const unlessStraight = `env=!${flag}`

const header = (...args: readonly Argument[]): ConfigNode => directive('RequestHeader', ...args)

function rule(backend: Backend): ConfigNode {
  const values = toldTo(backend).flatMap(([, name], index) => [`,E=${name}:`, variable(`%${index + 3}`)])
  const target = template(upstreamUrl(backend).slice(0, -1), variable('%{REQUEST_URI}'))
  return directive('RewriteRule', '^', target, template(`[P,NE,E=lockgate_asked:1,E=${flag}:1`, ...values, ']'))
}

/** As the gateway does: our cookies go no further, nor does Authorization, which it alone judges. */
const withoutSecrets: readonly ConfigNode[] = [
  header('edit*', 'Cookie', pattern('^__Host-lockgate[^;]*(?:; |$)|; __Host-lockgate[^;]*'), '', whenStraight),
  header('unset', 'Cookie', { parts: ['expr=-z ', variable('%{req_novary:Cookie}')] }),
  header('unset', 'Authorization', whenStraight),
]

/** The gateway leaves these out where there is nothing to say. */
const optional: readonly string[] = ['Lockgate-Email', 'Lockgate-Groups']

const tell = (backend: Backend): readonly ConfigNode[] =>
  toldTo(backend).map(([name, from]) =>
    header('set', name, variable(`%{${from}}e`), optional.includes(name) ? `expr=-n reqenv('${from}')` : whenStraight),
  )

/** What a backend answers in the gateway's name; a cookie without a name and a value is none (RFC 6265bis §5.6). */
const withoutOurs: readonly ConfigNode[] = [
  group(gatewaysWord.map((name) => directive('Header', 'unset', name, whenStraight))),
  directive('Header', 'edit', 'Set-Cookie', pattern('(?i)^[ \\t=]*__Host-lockgate.*$'), '', whenStraight),
]

/** In an expression of Apache's a quote would end the path, and `$` begin a variable. */
const isPlain = (path: string): boolean => /^\/[A-Za-z0-9_./-]+$/.test(path)

/** null: all of it goes through the gateway, as a signed identity must, and what rules of the operator's come before. */
function folderOf({ edge, identity }: EdgeModel, backend: Backend): string | null {
  if (!identity || backend.identity === 'assertion' || edge.vhosts !== 'ours') return null
  const { state } = identity.gateway
  const stepUp = stepUpPaths(identity, backend)
  if (!isPlain(state) || stepUp.some((one) => /^\/*$/.test(one))) return null
  const folder = liveFolder({ id: backend.id, public: backend.public, kind: backend.identity, stepUp })
  return `${liveHome(state, edge.id)}/${folder}`
}

/** null: nothing of this backend goes straight to it. */
export function straightOn(model: EdgeModel, backend: Backend): Straight | null {
  const folder = takesPart(model, backend) ? folderOf(model, backend) : null
  if (!model.identity || folder === null) return null
  return {
    rules: [
      header('set', askedAt, variable('%t'), 'early'),
      ...whenListed(backend, folder, stepUpPaths(model.identity, backend)),
      rule(backend),
    ],
    onwards: [
      ...withoutSecrets,
      ...withoutOurs,
      ...tell(backend),
      header('unset', askedAt),
      ...forwardingNames(backend, [whenStraight]),
      ...upstreamTls(backend),
      block('Proxy', [upstreamUrl(backend)], [directive('ProxySet', ...proxyWorker(backend))]),
      ...redirects(backend),
    ],
  }
}
