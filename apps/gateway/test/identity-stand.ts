/** Stage identity between real sockets: an identity provider, a gateway with two hosts, backends that tell what reached them, and browsers. */
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { GatewayConfig, GatewayIdentity } from '@lockgate/model'
import { onTestFinished } from 'vitest'
import { type Browser, createBrowser, type Idp, startOidcProvider } from '../../../test/lab/idp/index.ts'
import {
  type Folder,
  freePort,
  type Gateway,
  generationOf,
  type Later,
  makeFolder,
  paths,
  startGateway,
  until,
} from './gateway-stand.ts'

export interface Seen {
  readonly url: string
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly raw: readonly string[]
}

export interface Told {
  readonly port: number
  readonly seen: Seen[]
  close(): Promise<void>
}

/** Answers with what it was told; `/stream` begins and never ends. */
async function startTelling(): Promise<Told> {
  const seen: Seen[] = []
  const server: Server = createServer((request, response: ServerResponse) => {
    const { url = '', method = '', headers, rawHeaders: raw } = request
    seen.push({ url, method, headers, raw })
    if (url.startsWith('/stream')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: begun\n\n')
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ url, headers }))
  })
  const switched = new Set<Duplex>()
  server.on('upgrade', (request, socket) => {
    switched.add(socket)
    seen.push({ url: request.url ?? '', method: 'GET', headers: request.headers, raw: request.rawHeaders })
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.on('data', (chunk) => socket.write(chunk))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const socket of switched) socket.destroy()
      }),
  }
}

export type Kind = 'assertion' | 'headers' | 'none'
export type Mode = 'observe' | 'canary' | 'enforce'

export interface Stand {
  readonly idp: Idp
  readonly folder: Folder
  readonly gateway: Gateway
  readonly port: number
  readonly origin: string
  readonly app: string
  readonly other: string
  readonly backends: { readonly app: Told; readonly other: Told }
  readonly config: GatewayConfig
  /** Path of the local listener's socket, with role decide. */
  readonly socket: string
  browser(headers?: Readonly<Record<string, string>>): Browser
  /** Serves a changed configuration. */
  serve(change: (config: GatewayConfig) => GatewayConfig): Promise<void>
}

export interface StandOptions {
  readonly role?: 'proxy' | 'decide'
  readonly workers?: number
  readonly identity?: Partial<GatewayIdentity>
  readonly kinds?: { readonly app?: Kind; readonly other?: Kind }
  readonly mode?: Mode
  readonly percent?: number
  readonly environment?: Readonly<Record<string, string>>
}

const endpoint = (host: string, port: number) => ({ scheme: 'https', host, port }) as const

async function configOf(
  idp: Idp,
  folder: Folder,
  ports: { port: number; app: number; other: number },
  options: StandOptions,
): Promise<GatewayConfig> {
  const { role = 'proxy', kinds = {}, mode = 'enforce', percent = 100 } = options
  const names = ['login.acme.test', 'app.acme.test', 'other.acme.test']
  const pair = await idp.authority.issue(`edge-${ports.port}`, names)
  const identityOf = (kind: Kind) => ({ kind, mode, percent })
  const backend = (id: 'app' | 'other', kind: Kind) => ({
    id,
    public: endpoint(`${id}.acme.test`, ports.port),
    upstream: { scheme: 'http', host: '127.0.0.1', port: ports[id] } as const,
    paths,
    bodyLimit: 1_000_000,
    timeoutMs: 5_000,
    identity: identityOf(kind),
  })
  mkdirSync(join(folder.path, 'state'))
  return {
    version: 1,
    edge: 'front',
    role,
    generation: generationOf('a'),
    accessLog: role === 'proxy' ? folder.accessLog : null,
    listen: role === 'proxy' ? [{ scheme: 'https', host: '127.0.0.1', port: ports.port }] : [],
    tls: role === 'proxy' ? { default: pair, names: {} } : null,
    backends: [backend('app', kinds.app ?? 'assertion'), backend('other', kinds.other ?? 'headers')],
    identity: {
      organisation: 'Acme',
      language: 'en',
      origin: endpoint('login.acme.test', ports.port),
      servesLogin: true,
      origins: ['app', 'other'].map((id) => `https://${id}.acme.test:${ports.port}`),
      issuer: idp.issuer,
      idpCa: readFileSync(idp.ca, 'utf8'),
      client: { id: idp.client.id, secret: { env: 'LOCKGATE_OIDC_SECRET' } },
      mfa: { acr: [...idp.mfa.acr], amr: idp.mfa.amr.map((one) => [...one]) },
      claims: { user: 'preferred_username', require: [], groups: 'groups' },
      session: { idle: 1_800_000, absolute: 43_200_000, pass: 60_000 },
      stepUp: [],
      api: { audience: ['api'], introspection: false },
      decide: role === 'decide' ? [`unix:${folder.path}/engine.sock`] : [],
      store: 'sqlite',
      state: join(folder.path, 'state'),
      ...options.identity,
    },
  }
}

export const startIdp = (): Promise<Idp> => startOidcProvider({ hosts: { 'login.acme.test': '127.0.0.1' } })

/** Ends with the test unless `later` says otherwise. `idp` is started once for many of them. */
export async function startStand(idp: Idp, options: StandOptions = {}, later: Later = onTestFinished): Promise<Stand> {
  const folder = makeFolder(later)
  const [port, app, other] = [await freePort(), await startTelling(), await startTelling()]
  later(async () => {
    await Promise.all([app.close(), other.close()])
  })
  let config = await configOf(idp, folder, { port, app: app.port, other: other.port }, options)
  const env = { ...process.env, LOCKGATE_OIDC_SECRET: idp.client.secret, ...options.environment }
  const gateway = startGateway(folder, ['--workers', String(options.workers ?? 1)], { env }, later)
  const origin = `https://login.acme.test:${port}`
  await idp.register(origin)
  const write = async (next: GatewayConfig, served: number): Promise<void> => {
    folder.write(next)
    await until(() => gateway.log().split('"msg":"serving"').length > served, 'serving', 40_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}\n${gateway.log()}`)
      },
    )
    config = next
  }
  await write(config, 1)
  return {
    idp,
    folder,
    gateway,
    port,
    origin,
    app: `https://app.acme.test:${port}`,
    other: `https://other.acme.test:${port}`,
    backends: { app, other },
    get config() {
      return config
    },
    socket: join(folder.path, 'engine.sock'),
    browser: (headers = {}) => createBrowser({ ca: [idp.ca], hosts: { '*': '127.0.0.1' }, headers }),
    serve: (change) => write(change(config), gateway.log().split('"msg":"serving"').length),
  }
}
