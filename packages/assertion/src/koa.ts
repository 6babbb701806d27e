/** Koa: `app.use(lockgate())` gives every context `context.state.lockgate`, and `context.request.lockgate`. */
import type { IncomingMessage } from 'node:http'
import type { Identity } from './identity.ts'
import { createGate, headerOf, type LockgateOptions } from './middleware.ts'

export type { Identity, LockgateOptions }

interface KoaContext {
  readonly req: IncomingMessage
  readonly request: object
  state: Record<string, unknown>
  status: number
  body: unknown
  set(headers: Record<string, string>): void
}

/** Without a valid assertion a request is answered 401 (503 where no keys can be had) and goes no further. */
export function lockgate(options?: LockgateOptions) {
  const gate = createGate(options)
  return async (context: KoaContext, next: () => Promise<unknown>): Promise<void> => {
    const { identity, refused } = await gate(headerOf(context.req))
    if (refused) {
      context.status = refused.status
      context.body = refused.body
      context.set({ ...refused.headers })
      return
    }
    if (identity) {
      context.state.lockgate = identity
      Object.assign(context.request, { lockgate: identity })
    }
    await next()
  }
}
