/** Keycloak's Admin REST API, as a client with credentials of its own. */
import { LockgateError } from '@lockgate/model'
import { keycloakRealm } from '@lockgate/planes'
import type { AskHttp, HttpAnswered, HttpAsked } from './ask-https.ts'

export interface KeycloakAdminOptions {
  /** `identity.issuer` of lockgate.yaml. */
  readonly issuer: string
  /** A client with a service account that has the role `manage-clients` of `realm-management`; `view-clients` is enough to read. */
  readonly admin: { readonly id: string; readonly secret: string }
  readonly ask: AskHttp
}

export interface KeycloakAdmin {
  /** Path below `/admin/realms/REALM`; null where the answer was empty. Throws LG3301. */
  ask(method: HttpAsked['method'], path: string, body?: unknown): Promise<unknown>
}

const cannot = (because: string, cause?: unknown): LockgateError => new LockgateError('LG3301', because, { cause })

/** Never the answer's body: Keycloak repeats there what it was sent. */
const explained: Readonly<Record<number, string>> = {
  401: 'the credentials in identity.keycloak.admin are refused',
  403: 'the client in identity.keycloak.admin lacks the role manage-clients of realm-management',
  404: 'there is no such realm or client',
}

function parse(answer: HttpAnswered, url: string): unknown {
  try {
    return answer.body === '' ? null : JSON.parse(answer.body)
  } catch (cause) {
    throw cannot(`${url} did not answer in JSON; is identity.issuer Keycloak's?`, cause)
  }
}

export function openKeycloakAdmin({ issuer, admin, ask }: KeycloakAdminOptions): KeycloakAdmin {
  const place = keycloakRealm(issuer)
  if (place === null) throw cannot(`${issuer} is no issuer of Keycloak's, which ends in /realms/NAME`)
  const base = `${place.server}/admin/realms/${encodeURIComponent(place.realm)}`
  const send = async (asked: HttpAsked): Promise<unknown> => {
    const answer = await ask(asked).catch((cause: unknown) => {
      throw cannot(`${place.server} cannot be asked: ${cause instanceof Error ? cause.message : cause}`, cause)
    })
    if (answer.status < 400) return parse(answer, asked.url)
    const because = explained[answer.status] ?? `status ${answer.status}`
    throw cannot(`Keycloak refused ${asked.method} ${asked.url}: ${because}`)
  }
  /** A token lives for a minute and is not kept. */
  const token = async (): Promise<string> => {
    const form = { grant_type: 'client_credentials', client_id: admin.id, client_secret: admin.secret }
    const answer = await send({
      method: 'POST',
      url: `${issuer.replace(/\/$/, '')}/protocol/openid-connect/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    })
    return (answer as { readonly access_token: string }).access_token
  }
  return {
    ask: async (method, path, body) =>
      send({
        method,
        url: `${base}${path}`,
        headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json' },
        body: body === undefined ? null : JSON.stringify(body),
      }),
  }
}
