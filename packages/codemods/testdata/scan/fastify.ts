// dependencies: fastify
import fastifyJwt from '@fastify/jwt'
import Fastify, { type FastifyInstance } from 'fastify'
const app = Fastify()
await app.register(fastifyJwt, { secret: process.env.KEY as string }) // jwt-verify
app.route({ method: 'POST', url: '/auth/login', handler: signIn }) // login-route
export async function plugin(fastify: FastifyInstance) {
  fastify.post<{ Body: { name: string } }>('/signin', { schema }, async (request) => {}) // login-route
  fastify.addHook('onRequest', async (request) => request.jwtVerify()) // jwt-verify
}
await app.listen({ port: 3000 })
await app.listen({ port: 3000, host: '0.0.0.0' }) // listener
app.addHook('onRequest', authenticate) // strategy?
app.addHook('onRequest', logRequest)
app.get('/me', { preHandler: [app.authenticate] }, show) // strategy?
app.get('/c', async (request) => request.unsignCookie(request.cookies.sid)) // session?
