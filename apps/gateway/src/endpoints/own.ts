/** Every place for people below `/.lockgate/`, by host, path and method. */
import { publicJwks } from '@lockgate/assertion/issue'
import type { Answer, OwnAsked } from '@lockgate/proxy-core'
import { newReference, referenceHeader } from '../identity/reference.ts'
import { headerOf } from '../identity/request-view.ts'
import type { Site } from '../identity/site.ts'
import { type Endpoint, json, problem, unavailable, visitOf } from './endpoint.ts'
import { handoff } from './handoff.ts'
import { callback, login } from './login.ts'
import { backChannelLogout, home, logout, notFound, signedOut } from './logout.ts'
import { askDevice, askOperator, postDevice, postOperator } from './operator.ts'
import { endSession, sessions } from './sessions.ts'

type Methods = Readonly<Partial<Record<'GET' | 'POST', Endpoint>>>
type Table = Readonly<Record<string, Methods>>

/** Of the keys that sign assertions; backends fetch it. */
const jwks: Endpoint = async (site) => ({
  status: 200,
  headers: ['Content-Type', 'application/jwk-set+json', 'Cache-Control', 'public, max-age=300'],
  body: JSON.stringify(publicJwks(site.assertionKeys.current())),
})

const atLogin: Table = {
  '/': { GET: home },
  '/.lockgate/login': { GET: login },
  '/.lockgate/callback': { GET: callback },
  '/.lockgate/backchannel-logout': { POST: backChannelLogout },
  '/.lockgate/session': { GET: sessions, POST: endSession },
  '/.lockgate/logout': { GET: logout, POST: logout },
  '/.lockgate/signed-out': { GET: signedOut },
  '/.lockgate/operator': { GET: askOperator, POST: postOperator },
  '/.lockgate/device': { GET: askDevice, POST: postDevice },
}

const atHosts: Table = {
  '/.lockgate/handoff': { GET: handoff },
  '/.lockgate/logout': { GET: logout, POST: logout },
  '/.lockgate/jwks.json': { GET: jwks },
}

const allow = (methods: Methods): string => Object.keys(methods).join(', ')

function endpointOf(table: Table, { path, method }: OwnAsked): Endpoint {
  const methods = Object.hasOwn(table, path) ? table[path] : undefined
  if (!methods) return notFound
  const known = methods[method === 'HEAD' ? 'GET' : (method as 'GET' | 'POST')]
  return known ?? (async () => json(405, { error: `${method} is not allowed.` }, ['Allow', allow(methods)]))
}

/** By its reference a client knows that the gateway itself has answered. */
const withReference = (answer: Answer): Answer =>
  headerOf(answer.headers, 'lockgate-reference') === null
    ? { ...answer, headers: [...answer.headers, referenceHeader, newReference()] }
    : answer

export async function answerOwn(site: Site, asked: OwnAsked): Promise<Answer> {
  const visit = visitOf(site, asked)
  const isLogin = asked.backend === null && asked.host === site.loginHost
  if (!isLogin && asked.backend === null) return withReference(problem(site, visit, 'notFound', 'no host of ours'))
  try {
    return withReference(await endpointOf(isLogin ? atLogin : atHosts, asked)(site, visit))
  } catch (error) {
    site.log.error({ err: error, path: asked.path }, 'a page could not be made')
    return withReference(unavailable(site, visit, 'an error of the gateway itself; its log says which'))
  }
}
