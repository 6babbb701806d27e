/** A gateway for tests of engines that check the pass by themselves: real keys, a real listener on a Unix socket, what it was asked. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export interface PassGateway {
  readonly asked: Asked[]
  /** A signed pass; `key` names the key, `header` replaces parts of the JOSE header. */
  pass(claims: Readonly<Record<string, unknown>>, key?: string, header?: Readonly<Record<string, unknown>>): string
  withdraw(key: string): void
  end(...sids: readonly string[]): void
  /** What a question is answered with while its Cookie contains the text; the first that fits. */
  readonly sessions: Map<string, Readonly<Record<string, string>>>
  generation: string
  close(): Promise<void>
}

const base64url = (value: string | Buffer): string => Buffer.from(value).toString('base64url')

export function signJwt(key: KeyObject, header: object, claims: object): string {
  const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`
  return `${input}.${base64url(sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }))}`
}

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

const jwkOf = (kid: string, key: KeyObject) => {
  const { d: _, ...open } = key.export({ format: 'jwk' })
  return { ...open, kid, alg: 'ES256', use: 'sig' }
}

function replaceFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

type Route = (incoming: IncomingMessage, response: ServerResponse) => void

/** `socket`: where it listens; `denied`: the list that it keeps for engines. */
export async function startPassGateway(socket: string, denied: string): Promise<PassGateway> {
  const keys = new Map(['h-1-1', 'h-2-1'].map((kid) => [kid, newKey()]))
  const ended = new Set<string>()
  const writeDenied = () => replaceFile(denied, [...ended].map((sid) => `${sid} 1\n`).join(''))
  writeDenied()
  const check: Route = (incoming, response) => {
    const found = [...gateway.sessions].find(([text]) => incoming.headers.cookie?.includes(text))
    if (found) return void response.writeHead(200, found[1]).end()
    const login = { location: 'https://login.acme.test/.lockgate/login', 'lockgate-reference': 'ABCD-EFGH' }
    response.writeHead(302, { ...login, 'set-cookie': '__Host-lockgate_hand=1; Path=/', 'x-private': 'of the gateway' })
    response.end('sign in')
  }
  const people: Route = (incoming, response) =>
    void response
      .writeHead(200, { 'lockgate-reference': 'ABCD-EFGH' })
      .end(`gateway ${incoming.method} ${incoming.url}`)
  const route = (path: string, host: string): Route => {
    if (host.endsWith('.lockgate.invalid')) return (_, response) => void response.end(gateway.generation)
    if (path === '/.lockgate/pass-jwks.json')
      return (_, response) =>
        void response.end(JSON.stringify({ keys: [...keys].map(([kid, key]) => jwkOf(kid, key)) }))
    return path.startsWith('/.lockgate/check/') ? check : people
  }
  const server = createServer((incoming, response) => {
    const { url = '', method = '', headers } = incoming
    let body = ''
    incoming.on('data', (chunk) => {
      body += chunk
    })
    incoming.on('end', () => {
      if (!url.endsWith('pass-jwks.json')) gateway.asked.push({ method, path: url, headers, body })
      route(url, headers.host ?? '')(incoming, response)
    })
  })
  server.on('upgrade', (incoming, stream) => {
    gateway.asked.push({ method: 'UPGRADE', path: incoming.url ?? '', headers: incoming.headers, body: '' })
    stream.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nof the gateway')
  })
  server.listen(socket)
  await once(server, 'listening')
  chmodSync(socket, 0o666)
  const gateway: PassGateway = {
    asked: [],
    sessions: new Map(),
    generation: '',
    pass: (claims, kid = 'h-1-1', header = {}) => {
      const now = Math.floor(Date.now() / 1_000)
      const whole = { iss: 'https://login.acme.test', iat: now, exp: now + 60, ...claims }
      return signJwt(keys.get(kid) ?? newKey(), { alg: 'ES256', typ: 'lockgate-pass+jwt', kid, ...header }, whole)
    },
    withdraw: (kid) => void keys.delete(kid),
    end: (...sids) => {
      for (const sid of sids) ended.add(sid)
      writeDenied()
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  return gateway
}
