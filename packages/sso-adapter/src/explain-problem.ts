/** What went wrong at the IdP, as a sentence that says what to look at. Never quotes what was sent or received beyond names and codes. */

interface Caused {
  readonly message?: unknown
  readonly code?: unknown
  readonly error?: unknown
  readonly error_description?: unknown
  readonly cause?: unknown
  /** Of openid-client: what it compared. */
  readonly attribute?: unknown
  readonly body?: unknown
  readonly header?: unknown
  readonly expected?: unknown
}

/** The error and what caused it, outermost first. */
function chain(problem: unknown): readonly Caused[] {
  const links: Caused[] = []
  let one = problem as Caused | undefined
  while (one && typeof one === 'object' && links.length < 8) {
    links.push(one)
    one = one.cause as Caused | undefined
  }
  return links
}

/** One line, printable, no more than an operator wants to read. */
export const printable = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200)

const sentences: Readonly<Record<string, string>> = {
  OAUTH_RESPONSE_IS_NOT_JSON: 'it answered something other than JSON (an HTML page, perhaps): is the address right?',
  OAUTH_RESPONSE_IS_NOT_CONFORM:
    'it answered with a status that the protocol does not have there: is the address right?',
  OAUTH_PARSE_ERROR: 'it answered JSON that cannot be read',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'its userinfo speaks of somebody else than its ID token',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED:
    'a time in its token is not acceptable here: are both clocks right? More than 60 seconds apart is refused',
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'its token is meant for somebody else (issuer, audience, nonce or subject differ)',
  OAUTH_INVALID_RESPONSE: 'its answer does not hold against the protocol',
  OAUTH_MISSING_SERVER_METADATA: 'its metadata lack what a login needs',
  OAUTH_INVALID_SERVER_METADATA: 'its metadata are not as they should be',
  OAUTH_KEY_SELECTION_FAILED: 'its token is signed by a key that its JWKS does not have',
  ERR_JWKS_NO_MATCHING_KEY: 'its token is signed by a key that its JWKS does not have',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'its token does not name its key (kid), and its JWKS has several that fit',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'the signature of its token does not hold',
  ERR_JOSE_ALG_NOT_ALLOWED: 'its token is signed by an algorithm that is not accepted',
  OAUTH_UNSUPPORTED_OPERATION:
    'its answer has a form that is not supported; an encrypted ID token, perhaps: switch the encryption off for this client',
  OAUTH_TIMEOUT: 'it did not answer in time',
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'it broke off the connection',
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved now',
  UND_ERR_CONNECT_TIMEOUT: 'its address does not answer',
  UND_ERR_SOCKET: 'it broke off the connection',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from a CA that is not trusted: set identity.ca',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate comes from a CA that is not trusted: set identity.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from a CA that is not trusted: set identity.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from a CA that is not trusted: set identity.ca',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

const unknownRedirect =
  'it does not know the redirect URI, which is the login origin with /.lockgate/callback: is it registered there?'

/** RFC 6749 §5.2 and §4.1.2.1; `invalid_client` is the one that operators meet. */
const oauthErrors: Readonly<Record<string, string>> = {
  invalid_redirect_uri: unknownRedirect,
  invalid_client:
    'it does not accept the client: are client.id and its secret right, and is the client registered there for the first of client_secret_basic, client_secret_post and client_secret_jwt that its metadata offer (private_key_jwt where a key is given)?',
  unauthorized_client: 'the client is not allowed to do this there',
  invalid_grant: 'the grant is no longer valid',
}

/** The OAuth error code that the IdP answered with, if it did. */
export const oauthError = (problem: unknown): string | null => {
  const found = chain(problem).find((one) => typeof one.error === 'string')
  return found ? printable(String(found.error)) : null
}

/** Whose sentence alone does not say what to look at: openid-client's own words, which name claims and parameters, never values. */
const worded: ReadonlySet<unknown> = new Set([
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_MISSING_SERVER_METADATA',
  'OAUTH_INVALID_SERVER_METADATA',
])

const listed = (value: unknown): string => printable([value].flat().join(', '))
const at = (value: unknown, key: string): unknown => (value as Readonly<Record<string, unknown>> | undefined)?.[key]

/** What openid-client compared, where that says more than its code: an issuer, or an algorithm. */
function compared(links: readonly Caused[]): string | null {
  const issuer = links.find((one) => one.attribute === 'issuer')
  if (issuer)
    return `its metadata say that its issuer is ${listed(at(issuer.body, 'issuer'))}: identity.issuer must be written exactly so`
  const signed = links.find((one) => one.expected !== undefined && typeof at(one.header, 'alg') === 'string')
  if (!signed) return null
  return `its token is signed by ${listed(at(signed.header, 'alg'))}, and its metadata (id_token_ or userinfo_signing_alg_values_supported) announce ${listed(signed.expected)}: let it sign by one of those for this client`
}

/** RFC 9126 §2.3 leaves the code open: most say `invalid_request` and what it is about in words. */
const namesRedirect = (links: readonly Caused[]): boolean =>
  links.some(({ error_description }) => /\bredirect_ur[il]\b/i.test(String(error_description ?? '')))

function detail(problem: unknown): string {
  const links = chain(problem)
  const error = oauthError(problem)
  if (error && namesRedirect(links)) return unknownRedirect
  if (error) return oauthErrors[error] ?? `it refused: ${error}`
  const difference = compared(links)
  if (difference !== null) return difference
  const innermost = links.toReversed()
  const known = innermost.find((one) => typeof one.code === 'string' && one.code in sentences)
  const own = printable(
    String((known ?? innermost.find((one) => typeof one.message === 'string'))?.message ?? 'it failed'),
  )
  if (!known) return own
  const sentence = sentences[String(known.code)] as string
  return worded.has(known.code) ? `${sentence} (${own})` : sentence
}

export const explainProblem = (issuer: string, problem: unknown): string =>
  `the identity provider ${issuer} cannot be used: ${detail(problem)}`

/** An answer came and does not hold: asking again brings the same. */
const verdicts: ReadonlySet<unknown> = new Set([
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
  'OAUTH_KEY_SELECTION_FAILED',
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_INVALID_REQUEST',
  'OAUTH_UNSUPPORTED_OPERATION',
  'ERR_JWKS_NO_MATCHING_KEY',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
  'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
  'ERR_JOSE_ALG_NOT_ALLOWED',
])

/** Nothing was answered, or nothing that says whether it was done: the other side may be restarting. */
export function isOutage(problem: unknown): boolean {
  const error = oauthError(problem)
  if (error !== null) return error === 'server_error' || error === 'temporarily_unavailable'
  return !chain(problem).some((one) => verdicts.has(one.code))
}

const unreached: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

/** The connection itself failed, so the other side can't have acted. */
export const neverSent = (problem: unknown): boolean => chain(problem).some((one) => unreached.has(one.code))
