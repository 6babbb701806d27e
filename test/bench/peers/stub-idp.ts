/** An OpenID provider that asks nobody anything: it signs one person in, for peers that need a login before they can be measured. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export interface StubIdp {
  readonly issuer: string
  close(): Promise<void>
}

export async function startStubIdp(port: number, clientId: string): Promise<StubIdp> {
  const issuer = `http://127.0.0.1:${port}`
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  /** The code is the nonce that was asked for, so that nothing is kept. */
  const idToken = (nonce: string): string => {
    const now = Math.floor(Date.now() / 1000)
    const person = {
      sub: 'ada',
      email: 'ada@bench.test',
      email_verified: true,
      preferred_username: 'ada',
      groups: ['staff'],
      amr: ['pwd', 'mfa'],
      nonce,
    }
    const signed = `${encode({ alg: 'RS256', kid: '1' })}.${encode({ iss: issuer, aud: clientId, iat: now, exp: now + 3_600, ...person })}`
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
  }
  const json = (response: ServerResponse, value: unknown): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  }
  const paths: Readonly<
    Record<string, (response: ServerResponse, query: URLSearchParams, form: URLSearchParams) => void>
  > = {
    '/.well-known/openid-configuration': (response) =>
      json(response, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      }),
    '/jwks': (response) =>
      json(response, { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1', use: 'sig', alg: 'RS256' }] }),
    '/authorize': (response, query) => {
      const to = new URL(query.get('redirect_uri') ?? '')
      to.searchParams.set('code', query.get('nonce') ?? 'none')
      to.searchParams.set('state', query.get('state') ?? '')
      response.writeHead(302, { location: to.href }).end()
    },
    '/token': (response, _query, form) =>
      json(response, {
        access_token: 'access',
        token_type: 'Bearer',
        expires_in: 3_600,
        id_token: idToken(form.get('code') ?? ''),
      }),
  }
  const server = createServer(async (request: IncomingMessage, response) => {
    const form = new URLSearchParams(await text(request))
    const { pathname, searchParams } = new URL(request.url ?? '/', issuer)
    const answer = paths[pathname]
    if (answer) answer(response, searchParams, form)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    issuer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
