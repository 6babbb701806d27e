/** An issuer on loopback that can be made to misbehave. It checks the client, PKCE and codes as a real one does. */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'

type Claims = Readonly<Record<string, unknown>>

export interface Behaviour {
  /** Over those of a well-behaved one; null leaves one out. */
  metadata: Claims
  claims: Claims
  accessClaims: Claims
  userinfo: Claims
  /** Whether userinfo comes as a signed JWT. */
  userinfoSigned: boolean
  /** Further members of its JWKS. */
  keys: readonly Claims[]
  /** Seconds that its clock is ahead. */
  clock: number
  /** Answers everything with a page of HTML. */
  html: boolean
  /** Bytes by which its JWKS is too long. */
  padding: number
  /** Whether a refresh brings an ID token. */
  idTokenAtRefresh: boolean
  secret: string
  /** Signs ID tokens in its place. */
  signs: ((claims: JWTPayload) => Promise<string>) | null
  /** For introspection: what it says of any token. */
  introspection: Claims
}

export interface Issuer {
  readonly issuer: string
  readonly behaviour: Behaviour
  /** Paths that were asked for, oldest first. */
  readonly asked: string[]
  /** Form of the latest request to the token endpoint. */
  lastForm(): URLSearchParams
  /** What a browser would come back with, if the person signed in at `location`. */
  authorize(location: string): URL
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>
  rotateKey(): Promise<void>
  stop(): Promise<void>
}

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function newKey() {
  const pair = await generateKeyPair('ES256')
  const kid = randomUUID()
  return {
    kid,
    privateKey: pair.privateKey,
    jwk: { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' },
  }
}

/** `port` 0: any that is free. */
export async function startIssuer(over: Partial<Behaviour> = {}, port = 0): Promise<Issuer> {
  let key = await newKey()
  let form = new URLSearchParams()
  const asked: string[] = []
  const codes = new Map<string, { readonly nonce: string; readonly challenge: string; readonly redirectUri: string }>()
  const behaviour: Behaviour = {
    ...{ metadata: {}, claims: {}, accessClaims: {}, userinfo: {}, clock: 0, html: false, padding: 0 },
    ...{ userinfoSigned: false, keys: [] },
    ...{ idTokenAtRefresh: true, secret: 'issuer-secret-91ac', introspection: { active: false }, signs: null, ...over },
  }
  const now = () => Math.floor(Date.now() / 1000) + behaviour.clock
  const sign: Issuer['sign'] = (claims, header = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: key.kid, ...header }).sign(key.privateKey)

  const tokens = async (nonce: string | null) => {
    const base = { iss: issuer(), iat: now(), exp: now() + 300, sub: 'ana-id', ...(nonce !== null && { nonce }) }
    const person = { preferred_username: 'ana', groups: ['hr'], auth_time: now(), sid: 'idp-session' }
    const idToken = await (behaviour.signs ?? sign)({ ...base, aud: 'lockgate', ...person, ...behaviour.claims })
    const access = { iss: issuer(), sub: 'ana-id', aud: 'api', exp: now() + 300, ...behaviour.accessClaims }
    return {
      ...{ access_token: await sign(access, { typ: 'at+jwt' }), token_type: 'Bearer', expires_in: 300 },
      ...{ refresh_token: randomUUID(), ...((nonce !== null || behaviour.idTokenAtRefresh) && { id_token: idToken }) },
    }
  }
  const redeem = async (response: ServerResponse) => {
    if (form.get('grant_type') === 'refresh_token') return json(response, 200, await tokens(null))
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const holds = code?.challenge === challenge && code.redirectUri === form.get('redirect_uri')
    return holds ? json(response, 200, await tokens(code.nonce)) : json(response, 400, { error: 'invalid_grant' })
  }
  const knowsClient = (request: IncomingMessage): boolean => {
    const basic = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString()
    if (form.get('client_assertion') !== null) return true
    return (
      decodeURIComponent(basic) === `lockgate:${behaviour.secret}` || form.get('client_secret') === behaviour.secret
    )
  }
  const forClients = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    form = new URLSearchParams(await text(request))
    if (!knowsClient(request)) return json(response, 401, { error: 'invalid_client', error_description: 'who are you' })
    return path === '/token' ? redeem(response) : json(response, 200, behaviour.introspection)
  }
  const answerUserInfo = async (response: ServerResponse) => {
    const claims = { sub: 'ana-id', ...behaviour.userinfo }
    if (!behaviour.userinfoSigned) return json(response, 200, claims)
    const signed = await sign({ iss: issuer(), aud: 'lockgate', ...claims })
    return response.writeHead(200, { 'content-type': 'application/jwt' }).end(signed)
  }
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://issuer').pathname
    asked.push(path)
    if (behaviour.html) return response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>')
    if (request.method === 'POST') return forClients(request, response, path)
    if (path === '/.well-known/openid-configuration') return json(response, 200, metadata())
    if (path === '/jwks')
      return json(response, 200, { keys: [...behaviour.keys, key.jwk], padding: 'x'.repeat(behaviour.padding) })
    return path === '/userinfo' ? answerUserInfo(response) : json(response, 404, {})
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = () => origin
  const metadata = () => {
    const all = {
      ...{ issuer: origin, authorization_endpoint: `${origin}/authorize`, token_endpoint: `${origin}/token` },
      ...{ jwks_uri: `${origin}/jwks`, userinfo_endpoint: `${origin}/userinfo`, end_session_endpoint: `${origin}/end` },
      ...{ introspection_endpoint: `${origin}/introspect`, id_token_signing_alg_values_supported: ['ES256'] },
      ...{ token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'] },
      ...{ response_types_supported: ['code'], subject_types_supported: ['public'], ...behaviour.metadata },
    }
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
  }
  return {
    issuer: origin,
    behaviour,
    asked,
    lastForm: () => form,
    authorize(location) {
      const { searchParams } = new URL(location)
      const get = (name: string) => searchParams.get(name) ?? ''
      const code = randomUUID()
      codes.set(code, { nonce: get('nonce'), challenge: get('code_challenge'), redirectUri: get('redirect_uri') })
      const back = new URL(get('redirect_uri'))
      back.searchParams.set('code', code)
      back.searchParams.set('state', get('state'))
      return back
    },
    sign,
    rotateKey: async () => {
      key = await newKey()
    },
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
