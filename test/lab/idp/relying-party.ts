/** The least OpenID Connect client that shows what an identity provider of the lab does; it checks signatures, and little else. */
import { createHash, createPublicKey, type JsonWebKey, randomBytes, verify } from 'node:crypto'
import { type Browser, lockgateUrls, type Page, type Person, signIn } from '@lockgate/demo/idp'
import type { Idp } from './idp.ts'

type Claims = Readonly<Record<string, unknown>>

export interface Tokens {
  readonly idToken: string
  readonly claims: Claims
  readonly refreshToken: string
  readonly accessToken: string
}

export interface RelyingParty {
  readonly metadata: Readonly<Record<string, string>>
  login(browser: Browser, person: Person, extra?: Readonly<Record<string, string>>): Promise<Tokens>
  /** Where a login stands that is not over: the page that the browser sees. */
  begin(browser: Browser, extra?: Readonly<Record<string, string>>): Promise<Page>
  /** null: refused. */
  refresh(refreshToken: string): Promise<Tokens | null>
  claimsOf(token: string): Promise<Claims>
}

export async function createRelyingParty(idp: Idp, api: Browser, origin: string): Promise<RelyingParty> {
  const urls = lockgateUrls(origin)
  const get = async (url: string) => JSON.parse((await api.ask(url)).body)
  const metadata = await get(`${idp.issuer}/.well-known/openid-configuration`)

  const claimsOf = async (token: string): Promise<Claims> => {
    const [head = '', body = '', signature = ''] = token.split('.')
    const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString())
    const { keys } = (await get(metadata.jwks_uri)) as { readonly keys: readonly (JsonWebKey & { kid: string })[] }
    const jwk = keys.find((one) => one.kid === kid)
    if (!jwk || alg !== 'RS256') throw new Error(`no key ${kid} for ${alg}`)
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    if (!verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
      throw new Error('the signature does not hold')
    return JSON.parse(Buffer.from(body, 'base64url').toString())
  }
  const redeem = async (form: Readonly<Record<string, string>>): Promise<Tokens | string> => {
    const { body } = await api.ask(metadata.token_endpoint, {
      form: { ...form, client_id: idp.client.id, client_secret: idp.client.secret },
      headers: { accept: 'application/json', origin: null },
    })
    const { id_token, refresh_token, access_token, error } = JSON.parse(body)
    if (error) return body
    return {
      idToken: id_token,
      claims: await claimsOf(id_token),
      refreshToken: refresh_token,
      accessToken: access_token,
    }
  }
  // Entra ID gives a refresh token to whoever asks for this scope, others give one that ends with the session.
  const offline = idp.kind === 'entra-shaped' && 'offline_access'
  const groups = metadata.scopes_supported.includes('groups') && 'groups'
  const start = (extra: Readonly<Record<string, string>>) => {
    const verifier = randomBytes(32).toString('base64url')
    const url = new URL(metadata.authorization_endpoint)
    const asked = {
      client_id: idp.client.id,
      response_type: 'code',
      redirect_uri: urls.redirect,
      scope: ['openid', 'profile', 'email', groups, offline].filter(Boolean).join(' '),
      state: 'state',
      nonce: 'nonce',
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      ...extra,
    }
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value)
    return { url, verifier }
  }
  return {
    metadata,
    claimsOf,
    begin: (browser, extra = {}) => browser.open(start(extra).url),
    login: async (browser, person, extra = {}) => {
      const { url, verifier } = start(extra)
      const back = await signIn(browser, url, person)
      const code = back.url.searchParams.get('code')
      if (!code) throw new Error(`came back without a code: ${back.url.href}\n${back.body.slice(0, 1_000)}`)
      const form = { grant_type: 'authorization_code', code, redirect_uri: urls.redirect, code_verifier: verifier }
      const tokens = await redeem(form)
      if (typeof tokens === 'string') throw new Error(tokens)
      return tokens
    },
    refresh: async (refreshToken) => {
      const tokens = await redeem({ grant_type: 'refresh_token', refresh_token: refreshToken })
      return typeof tokens === 'string' ? null : tokens
    },
  }
}
