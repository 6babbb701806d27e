/** The Entra-shaped issuer as a program: `main.ts FILE`, its Setting in JSON. Orders come on FOLDER/control.sock. */
import { readFileSync, rmSync } from 'node:fs'
import { createServer as createControl, type IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json, text } from 'node:stream/consumers'
import type { Order } from '@lockgate/demo/idp'
import { type Answer, type Asked, jsonAnswer } from './answer.ts'
import { authorize, logout, type Waiting } from './authorize.ts'
import { graph } from './graph.ts'
import { keysOf, metadataOf } from './metadata.ts'
import { orders } from './orders.ts'
import { loadState, type Setting, saveState } from './state.ts'
import { token } from './token-endpoint.ts'

const given = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Setting
const state = loadState(given)
const waiting: Waiting = new Map()
const server = createServer({ cert: readFileSync(given.certificate), key: readFileSync(given.key) })

function answer(setting: Setting, asked: Asked): Answer {
  const { pathname } = asked.url
  if (pathname.startsWith('/v1.0/')) return graph(state, asked)
  const [, tenant = '', rest = ''] = /^\/([^/]+)\/(.+)$/.exec(pathname) ?? []
  const known = [setting.tenant, 'common', 'organizations', 'acme.test'].includes(tenant)
  if (!known) return jsonAnswer({ error: 'invalid_tenant', error_description: 'AADSTS90002: Tenant not found.' }, 400)
  switch (rest) {
    case 'v2.0/.well-known/openid-configuration':
      return jsonAnswer(metadataOf(setting, tenant))
    case 'discovery/v2.0/keys':
      return jsonAnswer(keysOf(setting, state.keys))
    case 'oauth2/v2.0/authorize':
      return authorize({ setting, state, waiting }, asked)
    case 'oauth2/v2.0/token':
      return token(setting, state, asked)
    case 'oauth2/v2.0/logout':
      return logout(state, asked)
    default:
      return jsonAnswer({ error: 'not_found' }, 404)
  }
}

async function readAsked(request: IncomingMessage, setting: Setting): Promise<Asked> {
  const pairs = (request.headers.cookie ?? '').split(/; */).map((one) => one.split('='))
  return {
    method: request.method ?? 'GET',
    url: new URL(request.url ?? '/', `https://${setting.host}:${setting.port}`),
    form: new URLSearchParams(request.method === 'POST' ? await text(request) : ''),
    authorization: request.headers.authorization ?? null,
    cookies: new Map(pairs.map(([name = '', value = '']) => [name, value])),
  }
}

server.listen(given.port, given.address, () => {
  const setting = { ...given, port: (server.address() as AddressInfo).port }
  server.on('request', async (request, response) => {
    const { status, headers, body } = answer(setting, await readAsked(request, setting))
    response.writeHead(status, headers).end(body)
  })
  const socket = `${setting.folder}/control.sock`
  rmSync(socket, { force: true })
  const control = createControl(async (request, response) => {
    try {
      response.end(JSON.stringify({ done: orders(setting, state, (await json(request)) as Order) ?? null }))
    } catch (error) {
      response.end(JSON.stringify({ error: String(error) }))
    }
  })
  control.listen(socket, () => console.log(`listening ${setting.port}`))
})
process.on('SIGTERM', () => {
  saveState(given, state)
  process.exit(0)
})
