/** Hapi: `server.register(lockgate)`, then `server.auth.strategy('name', 'lockgate')` gives requests `request.auth.credentials`. */
import { AssertionError } from './assertion-error.ts'
import type { Identity } from './identity.ts'
import { createGate, headerOf, type LockgateOptions, type NodeRequest, type Refused, refusedBy } from './middleware.ts'

export type { Identity, LockgateOptions }

interface HapiRequest {
  readonly raw: { readonly req: NodeRequest }
}

interface HapiToolkit {
  authenticated(data: { readonly credentials: object }): unknown
}

interface HapiServer {
  readonly auth: { scheme(name: string, scheme: (server: unknown, options?: LockgateOptions) => object): void }
}

/** What Hapi knows its own errors by, without @hapi/boom. `isMissing` lets another strategy or `mode: 'try'` have its turn. */
function boomOf({ error, status, headers, body }: Refused): Error {
  const output = { statusCode: status, headers, payload: JSON.parse(body) as object }
  const isMissing = error.code === 'missing'
  return Object.assign(new Error(error.message, { cause: error }), {
    isBoom: true,
    isServer: status >= 500,
    isMissing,
    output,
  })
}

/** The scheme `lockgate`; options are the strategy's. `optional` means nothing here: a route says `mode: 'try'` or `'optional'`. */
export const lockgate = {
  name: '@lockgate/assertion',
  once: true,
  register(server: HapiServer): void {
    server.auth.scheme('lockgate', (_server, options) => {
      const gate = createGate({ ...options, optional: false })
      return {
        async authenticate(request: HapiRequest, toolkit: HapiToolkit): Promise<unknown> {
          const { identity, refused } = await gate(headerOf(request.raw.req))
          if (identity === null) throw boomOf(refused ?? refusedBy(new AssertionError('missing')))
          return toolkit.authenticated({ credentials: identity })
        },
      }
    })
  },
}
