/** The token endpoint: codes and refresh tokens. A used refresh token is not revoked, as documented. */
import { createHash, randomBytes } from 'node:crypto'
import { type Answer, type Asked, jsonAnswer } from './answer.ts'
import { type Fault, faultBody, faults } from './fault.ts'
import type { Grant, Setting, State } from './state.ts'
import { graphToken, idToken } from './tokens.ts'

const refuse = (fault: Fault): Answer => jsonAnswer(faultBody(fault), faults[fault][0] === 'invalid_client' ? 401 : 400)

function credentials({ form, authorization }: Asked): readonly [string | null, string | null] {
  if (!authorization?.startsWith('Basic ')) return [form.get('client_id'), form.get('client_secret')]
  const [id = '', secret = ''] = Buffer.from(authorization.slice(6), 'base64')
    .toString()
    .split(':')
    .map(decodeURIComponent)
  return [id, secret]
}

function issue(setting: Setting, state: State, grant: Grant): Answer {
  const access = graphToken(setting, state, grant)
  state.graphTokens[access] = grant.signIn.login
  const refresh = grant.scope.split(' ').includes('offline_access') ? randomBytes(400).toString('base64url') : null
  if (refresh !== null) state.refreshTokens[refresh] = { ...grant, nonce: null }
  return jsonAnswer({
    token_type: 'Bearer',
    scope: 'email openid profile User.Read GroupMember.Read.All',
    expires_in: setting.accessTokenLifetime,
    ext_expires_in: setting.accessTokenLifetime,
    access_token: access,
    ...(refresh === null ? {} : { refresh_token: refresh }),
    id_token: idToken(setting, state, grant),
  })
}

function byCode(setting: Setting, state: State, form: URLSearchParams): Answer {
  const code = form.get('code') ?? ''
  const found = state.codes[code]
  delete state.codes[code]
  if (!found || found.redirectUri !== form.get('redirect_uri')) return refuse('usedCode')
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url')
  return challenge === found.challenge ? issue(setting, state, found) : refuse('wrongVerifier')
}

function byRefreshToken(setting: Setting, state: State, form: URLSearchParams): Answer {
  const found = state.refreshTokens[form.get('refresh_token') ?? '']
  if (!found) return refuse('unknownToken')
  return state.people[found.signIn.login]?.disabled ? refuse('disabled') : issue(setting, state, found)
}

const grants = { authorization_code: byCode, refresh_token: byRefreshToken } as const

export function token(setting: Setting, state: State, asked: Asked): Answer {
  const [id, secret] = credentials(asked)
  if (id !== setting.client.id) return refuse('unknownClient')
  if (secret !== setting.client.secret) return refuse('wrongSecret')
  const grant = grants[asked.form.get('grant_type') as keyof typeof grants]
  return grant ? grant(setting, state, asked.form) : refuse('grantType')
}
