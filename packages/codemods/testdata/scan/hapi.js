// dependencies: @hapi/hapi
const Hapi = require('@hapi/hapi')
const server = Hapi.server({ port: 3000 }) // listener
const local = Hapi.server({ port: 3000, host: 'localhost' })
await server.register(require('hapi-auth-jwt2')) // jwt-verify?
server.auth.strategy('jwt', 'jwt', { key: process.env.KEY, validate }) // strategy
server.auth.strategy('simple', 'basic', { validate }) // basic-auth
server.route({ method: 'POST', path: '/login', handler: signIn }) // login-route
server.route({ method: 'GET', path: '/', options: { auth: 'jwt' }, handler }) // strategy?
server.route({ method: 'GET', path: '/a', options: { auth: { scope: 'admin' } }, handler }) // strategy?
server.route({ method: 'GET', path: '/b', options: { auth: false }, handler })
const composed = await require('@hapi/glue').compose(manifest)
await composed.start() // listener?
