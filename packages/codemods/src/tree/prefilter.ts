/** The cheapest pass: one regular expression over a file's bytes says whether anyone need parse it. */
import type { Language } from './languages.ts'

/** Words of which every file with a login, a session, a password, a token's check or a listener has at least one. */
const javascript = new RegExp(
  [
    '\\b[Ll]og-?_?[io]n',
    'LOG_?IN',
    '\\b[Ss]ign-?_?[Ii]n',
    '(Login|SignIn|Signin|LogIn)\\b',
    '[Aa]uth(?!ors?\\b|ored|oring|orName|orId)',
    '[Tt]oken\\b|@clerk/|lucia|ensure[A-Z]|Required\\b|[Ll]ogged_?[Ii]n',
    '[Pp]assport',
    '[Ss]ession',
    'express-?jwt|[jJ]sonwebtoken|\\bjose\\b|jwt[.A-Z-]|Jwt[A-Z(]|JWT|[-/@]jwt|\\bjwt\\(',
    '[Bb]crypt|argon2|scrypt|pbkdf2',
    '[Pp]assword|[Pp]asswd|\\bpwd\\b',
    'basic-?_?auth|BasicAuth|auth-basic|/basic\\b',
    '\\.listen\\b',
    '[/\'"](auth|oauth2?|tokens?)\\b',
    'AuthGuard|CanActivate|auth\\.(strategy|default)\\b',
    '[Hh]api\\.[Ss]erver',
    '[\'"]jwt[\'"]|\\bauth: ?[\'"{]|hapi-auth|0\\.0\\.0\\.0',
    '\\b(req|request|state)\\.user\\b',
    '[Nn]ext-?[Aa]uth|@auth/|getCurrentUser|[Gg]lue\\b',
    'Credentials|verifyIdToken|verifyToken|\\.auth\\b',
  ].join('|'),
)

const foreign =
  /log_?[io]n|sign_?in|passw|\bpwd\b|auth|session|current_|superuser|jwt|bcrypt|argon2|scrypt|pbkdf2|devise|0\.0\.0\.0|listen|\.run\b/i

const tables = /passw|pwd|\bhash/i

/** `bytes` is a file's text, each byte one character. */
export function mayMatter(language: Language, bytes: string): boolean {
  if (language === 'javascript' || language === 'component') return javascript.test(bytes)
  return language === 'sql' || language === 'prisma' ? tables.test(bytes) : foreign.test(bytes)
}

const longLine = 500
const sample = 65_536

/** Lines that no person wrote: the average is long, or the name says so. */
export function isMinified(path: string, bytes: string): boolean {
  if (/[.-]min\.[cm]?js$|\.bundle\.js$/.test(path)) return true
  const head = bytes.slice(0, sample)
  return bytes.length > 8_000 && head.length / head.split('\n').length > longLine
}

const deepest = 500

/** Brackets within brackets beyond what parsers, which recurse, have a stack for. Those in strings count too, roughly. */
export function isTooDeep(bytes: string): boolean {
  let depth = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const code = bytes.charCodeAt(at)
    if (code === 40 || code === 91 || code === 123) depth += 1
    else if ((code === 41 || code === 93 || code === 125) && depth > 0) depth -= 1
    if (depth > deepest) return true
  }
  return false
}
