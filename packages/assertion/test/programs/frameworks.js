/** One server for each framework, on whichever Node runs this: `frameworks.js DIST JWKS`, says the ports as JSON. */
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'
import Hapi from '@hapi/hapi'
import { serve } from '@hono/node-server'
import { Controller, Get, Module, Req, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import 'reflect-metadata'

const [, , dist, jwks] = process.argv
const load = (name) => import(pathToFileURL(`${dist}/${name}.js`).href)
const whoOf = (identity) => ({ sub: identity?.sub ?? null, groups: identity?.groups ?? [] })
const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)))

const frameworks = {
  node: async () => {
    const { authenticate, refuse } = await load('node')
    const options = { jwks }
    return listen(
      createServer((request, response) => {
        authenticate(request, options).then(
          (identity) => response.end(JSON.stringify(whoOf(identity))),
          (error) => refuse(response, error),
        )
      }),
    )
  },
  express: async () => {
    const { lockgate } = await load('express')
    const app = express()
    app.use('/optional', lockgate({ jwks, optional: true }), (request, response) =>
      response.json(whoOf(request.lockgate)),
    )
    app.use(lockgate({ jwks }))
    app.get('/', (request, response) => response.json(whoOf(request.lockgate)))
    return listen(createServer(app))
  },
  fastify: async () => {
    const { lockgate } = await load('fastify')
    const app = fastify()
    await app.register(lockgate, { jwks })
    app.get('/', async (request) => whoOf(request.lockgate))
    return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  },
  koa: async () => {
    const { lockgate } = await load('koa')
    const app = new Koa()
    app.use(lockgate({ jwks }))
    app.use((context) => {
      context.body = whoOf(context.state.lockgate)
    })
    return listen(createServer(app.callback()))
  },
  hono: async () => {
    const { lockgate } = await load('hono')
    const app = new Hono()
    app.use('/optional', lockgate({ jwks, optional: true }))
    app.get('/optional', (context) => context.json(whoOf(context.get('lockgate'))))
    app.use(lockgate({ jwks }))
    app.get('/', (context) => context.json(whoOf(context.get('lockgate'))))
    return new Promise((resolve) => {
      serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, ({ port }) => resolve(port))
    })
  },
  hapi: async () => {
    const { lockgate } = await load('hapi')
    const server = Hapi.server({ host: '127.0.0.1', port: 0 })
    await server.register([lockgate, { plugin: lockgate }])
    server.auth.strategy('session', 'lockgate', { jwks })
    server.auth.default('session')
    const handler = (request) => whoOf(request.auth.credentials)
    server.route([
      { method: 'GET', path: '/', handler },
      { method: 'GET', path: '/optional', options: { auth: { mode: 'optional' } }, handler },
    ])
    await server.start()
    return server.info.port
  },
  next: async () => {
    const { lockgate, middleware } = await load('next')
    const options = { jwks }
    return listen(
      createServer(async (incoming, response) => {
        const headers = new Headers()
        const { rawHeaders: raw } = incoming
        for (let index = 0; index < raw.length; index += 2) headers.append(raw[index], raw[index + 1])
        const request = new Request(`http://127.0.0.1${incoming.url}`, { headers })
        const isOptional = incoming.url === '/optional' && !headers.has('lockgate-assertion')
        const refused = isOptional ? undefined : await middleware(request, options)
        if (refused) return response.writeHead(refused.status).end(await refused.text())
        const sessions = await Promise.all([request, headers, incoming].map((one) => lockgate(one, options)))
        const said = new Set(sessions.map((one) => JSON.stringify(whoOf(one?.user))))
        return response.end([...said].join())
      }),
    )
  },
  nestjs: async () => {
    const { LockgateGuard } = await load('nestjs')
    // Nest makes it itself, as it does wherever a class is named.
    class OwnGuard extends LockgateGuard {
      constructor() {
        super({ jwks })
      }
    }
    class Home {
      show(request) {
        return whoOf(request.lockgate)
      }
    }
    Get()(Home.prototype, 'show', Object.getOwnPropertyDescriptor(Home.prototype, 'show'))
    Req()(Home.prototype, 'show', 0)
    Controller()(Home)
    UseGuards(OwnGuard)(Home)
    class App {}
    Module({ controllers: [Home] })(App)
    const app = await NestFactory.create(App, { logger: false })
    await app.listen(0, '127.0.0.1')
    return app.getHttpServer().address().port
  },
}

const ports = {}
for (const [name, start] of Object.entries(frameworks)) ports[name] = await start()
console.log(JSON.stringify({ node: process.version, ports }))
