/** Hono: `app.use(lockgate())` gives every context `c.get('lockgate')`. */
import type { MiddlewareHandler } from 'hono'
import { assertionHeader, type Identity } from './identity.ts'
import { createGate, type LockgateOptions } from './middleware.ts'

export type { Identity, LockgateOptions }

/** Without a valid assertion a request is answered 401 (503 where no keys can be had) and goes no further. */
export function lockgate(options?: LockgateOptions): MiddlewareHandler<{ Variables: { lockgate: Identity } }> {
  const gate = createGate(options)
  return async (context, next) => {
    const { identity, refused } = await gate(context.req.raw.headers.get(assertionHeader))
    if (refused) return new Response(refused.body, { status: refused.status, headers: refused.headers })
    if (identity) context.set('lockgate', identity)
    return next()
  }
}
