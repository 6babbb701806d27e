/** Keycloak's Admin REST API, as far as the lab uses it. */
import type { Browser } from '@lockgate/demo/idp'

export interface Admin {
  /** Path below `/admin`; throws with the answer where the status is 400 or more. */
  ask(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<unknown>
}

export interface AdminClient {
  readonly id: string
  readonly secret: string
}

/** A token is asked for with each call: they live for a minute, and nobody counts here. */
export function createAdmin(browser: Pick<Browser, 'ask'>, base: string, client: AdminClient): Admin {
  const token = async (): Promise<string> => {
    const { body } = await browser.ask(`${base}/realms/master/protocol/openid-connect/token`, {
      form: { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret },
    })
    return JSON.parse(body).access_token
  }
  return {
    ask: async (method, path, body) => {
      const answer = await browser.ask(`${base}/admin${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        headers: { authorization: `Bearer ${await token()}`, 'content-type': 'application/json', accept: '*/*' },
      })
      if (answer.status >= 400) throw new Error(`Keycloak, ${method} ${path}: ${answer.status} ${answer.body}`)
      return answer.body === '' ? null : JSON.parse(answer.body)
    },
  }
}
