/** Takes secrets out of JSON values: by the name of their key, by known values, and where text carries credentials. */

export const redacted = '[redacted]'

/** Compared without case, `-` and `_`. */
const secretKeys = new Set(
  [
    'password',
    'passwd',
    'passphrase',
    'secret',
    'token',
    'authorization',
    'proxy-authorization',
    'cookie',
    'cookies',
    'set-cookie',
    'client-secret',
    'client-assertion',
    'access-token',
    'refresh-token',
    'id-token',
    'api-key',
    'x-api-key',
    'private-key',
    'session-id',
    'code-verifier',
    'lockgate-assertion',
    'credentials',
  ].map(plainKey),
)

function plainKey(key: string): string {
  return key.toLowerCase().replace(/[-_]/g, '')
}

/** Such as `dbPassword`, `idp_client_secret`, `csrfToken`. */
const secretEnding = /(?:password|passphrase|secret|token|apikey|privatekey)$/

const isSecretKey = (key: string): boolean => {
  const plain = plainKey(key)
  return secretKeys.has(plain) || secretEnding.test(plain)
}

const keyEnding = '(?:password|passphrase|secret|token|api[-_]?key|code_verifier|client_assertion|assertion)'

/** Credentials inside text: authorization schemes, the user information of URLs, and fields of forms and of JSON. */
const inText: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic|DPoP|Negotiate)\s+[\w.~+/=-]{6,}/gi, `$1 ${redacted}`],
  [new RegExp(`(${keyEnding}=)[^\\s&"'<>]+`, 'gi'), `$1${redacted}`],
  [new RegExp(`(${keyEnding}\\\\*"\\s*:\\s*\\\\*")(?:[^"\\\\]|\\\\[^"])*`, 'gi'), `$1${redacted}`],
  [/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]+@/gi, `$1${redacted}@`],
]

/** A secret as it may stand in text: as it is, within JSON, and as a URL or a form has it. */
const spellings = (secret: string): readonly string[] => [
  ...new Set([
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret.toWellFormed()),
    new URLSearchParams({ s: secret }).toString().slice(2),
  ]),
]

export type RedactText = (text: string) => string

/** Longer secrets go first, so that one which contains another leaves nothing behind. */
export function redactText(secrets: Iterable<string>): RedactText {
  const known = [...secrets]
    .filter((one) => one !== '')
    .flatMap(spellings)
    .sort((a, b) => b.length - a.length)
  return (text) => {
    const without = known.reduce((left, secret) => left.replaceAll(secret, redacted), text)
    return inText.reduce((left, [pattern, by]) => left.replace(pattern, by), without)
  }
}

/** A copy without secrets. A key that is itself a secret value is redacted too. */
export function redactValue(value: unknown, text: RedactText): unknown {
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return redactList(value, text)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      text(key),
      isSecretKey(key) && inner !== null && typeof inner !== 'boolean' ? redacted : redactValue(inner, text),
    ]),
  )
}

/** Raw headers come as a flat list, or as pairs, of names and values. */
function redactList(list: readonly unknown[], text: RedactText): readonly unknown[] {
  return list.map((one, at) => {
    const name = at % 2 === 1 ? list[at - 1] : null
    return typeof one === 'string' && typeof name === 'string' && isSecretKey(name) ? redacted : redactValue(one, text)
  })
}
