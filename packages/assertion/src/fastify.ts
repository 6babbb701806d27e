/** Fastify: `app.register(lockgate)` gives every request `request.lockgate`. */
import type { FastifyPluginAsync } from 'fastify'
import type { Identity } from './identity.ts'
import { createGate, headerOf, type LockgateOptions } from './middleware.ts'

export type { Identity, LockgateOptions }

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sent the request. With `optional`, null where nobody is signed in. */
    lockgate: Identity
  }
}

const plugin: FastifyPluginAsync<LockgateOptions> = async (app, options) => {
  const gate = createGate(options)
  app.decorateRequest('lockgate', null as never)
  app.addHook('onRequest', async (request, reply) => {
    const { identity, refused } = await gate(headerOf(request.raw))
    if (refused) return reply.code(refused.status).headers(refused.headers).send(refused.body)
    if (identity) request.lockgate = identity
    return undefined
  })
}

/** Routes of every scope are behind it, whichever scope registers it (what fastify-plugin does). */
export const lockgate: FastifyPluginAsync<LockgateOptions> = Object.assign(plugin, {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@lockgate/assertion',
})
