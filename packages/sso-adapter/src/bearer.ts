/** Whom a bearer token speaks for (RFC 6750). Garbage is refused, never taken for a session. */
import type { AccessTokens } from './access-token.ts'
import { looksLikeApiToken } from './api-token.ts'
import type { ApiTokens } from './api-tokens.ts'
import { type Context, RETRY_AFTER, STORE_DOWN } from './context.ts'
import { explainProblem } from './explain-problem.ts'
import type { BearerOutcome } from './types.ts'

/** Longer than any token that is meant seriously. */
const MAX_TOKEN = 16_384

/** RFC 6750 §2.1: b64token. */
const isToken = (token: string): boolean => token.length <= MAX_TOKEN && /^[A-Za-z0-9\-._~+/]+=*$/.test(token)

export async function checkBearer(
  context: Context,
  own: ApiTokens,
  idp: AccessTokens,
  token: string,
  backend: string,
): Promise<BearerOutcome> {
  if (!isToken(token)) return { kind: 'refused', error: 'invalid_request', because: 'this is no bearer token' }
  const isOwn = looksLikeApiToken(token)
  try {
    return isOwn ? await own.check(token, backend) : await idp.check(token)
  } catch (problem) {
    const because = isOwn ? STORE_DOWN : explainProblem(context.settings.issuer, problem)
    return { kind: 'unavailable', because, retryAfter: RETRY_AFTER }
  }
}
