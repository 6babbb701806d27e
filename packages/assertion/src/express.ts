/** Express: `app.use(lockgate())` gives every request `request.lockgate`. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Identity } from './identity.ts'
import { createGate, headerOf, type LockgateOptions } from './middleware.ts'

export type { Identity, LockgateOptions }

declare global {
  namespace Express {
    interface Request {
      /** Who sent the request. With `optional`, undefined where nobody is signed in. */
      lockgate: Identity
    }
  }
}

/** Without a valid assertion a request is answered 401 (503 where no keys can be had) and goes no further. */
export function lockgate(options?: LockgateOptions) {
  const gate = createGate(options)
  return (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    gate(headerOf(request)).then(({ identity, refused }) => {
      if (refused) {
        response.writeHead(refused.status, refused.headers).end(refused.body)
        return
      }
      if (identity) Object.assign(request, { lockgate: identity })
      next()
    }, next)
  }
}
