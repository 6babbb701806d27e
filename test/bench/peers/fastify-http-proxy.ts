/** @fastify/http-proxy as its README sets it up: undici with its connection limit raised. */
import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'

const server = Fastify()
const undici = { connections: 1024, pipelining: 1 }
await server.register(httpProxy, { upstream: `http://127.0.0.1:${process.argv[3]}`, undici })
await server.listen({ port: Number(process.argv[2]), host: '127.0.0.1' })
