/** As much of Microsoft Graph as somebody needs who asks for the groups that a token left out. */
import { type Answer, type Asked, jsonAnswer } from './answer.ts'
import { groupIdsOf, guidOf, type State } from './state.ts'

/** Entries of a page at most: small, so that a list has several. */
const largestPage = 100

const refuse = (status: number, code: string, message: string): Answer =>
  jsonAnswer({ error: { code, message } }, status)

export function graph(state: State, { url, authorization, method }: Asked): Answer {
  const login = state.graphTokens[authorization?.replace(/^Bearer /i, '') ?? '']
  const person = login === undefined ? undefined : state.people[login]
  if (!login || !person || person.disabled)
    return refuse(401, 'InvalidAuthenticationToken', 'Access token validation failure.')
  const me = url.pathname.replace(`/users/${guidOf('user', login)}/`, '/me/')
  const ids = groupIdsOf(person)
  if (method === 'POST' && /^\/v1\.0\/me\/getMember(Objects|Groups)$/.test(me)) return jsonAnswer({ value: ids })
  if (!/^\/v1\.0\/me\/(transitiveMemberOf|memberOf)(\/microsoft\.graph\.group)?$/.test(me))
    return refuse(404, 'Request_ResourceNotFound', 'Resource does not exist.')
  const size = Math.min(Number(url.searchParams.get('$top') ?? largestPage), largestPage)
  const skip = Number(url.searchParams.get('$skiptoken') ?? 0)
  const next = new URL(url)
  next.searchParams.set('$skiptoken', String(skip + size))
  return jsonAnswer({
    '@odata.context': `${url.origin}/v1.0/$metadata#groups(id)`,
    ...(skip + size < ids.length ? { '@odata.nextLink': next.href } : {}),
    value: ids.slice(skip, skip + size).map((id) => ({ '@odata.type': '#microsoft.graph.group', id })),
  })
}
