/** The cheapest pass: one regular expression over a file's bytes says whether anyone need parse it. */
import type { Language } from './languages.ts'

/** Words of which every file with a login, a session, a password, a token's check or a listener has at least one. */
const javascript = new RegExp(
  [
    '\\b[Ll]og-?_?[io]n',
    'LOG_?IN',
    '\\b[Ss]ign-?_?[Ii]n',
    '[a-z](Login|SignIn|Signin|LogIn)\\b',
    '[Aa]uth(?!ors?\\b|ored|oring|orName|orId)',
    '[Tt]oken\\b|@clerk/|lucia|ensure[A-Z]|[a-z]Required\\b|[Ll]ogged_?[Ii]n',
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
  if (language === 'javascript') return javascript.test(bytes)
  return language === 'sql' || language === 'prisma' ? tables.test(bytes) : foreign.test(bytes)
}

const minifiedLine = 2_000

/** Lines that no person wrote: the average is long, or the name says so. */
export function isMinified(path: string, bytes: string): boolean {
  if (/[.-]min\.[cm]?js$|\.bundle\.js$/.test(path)) return true
  const newlines = bytes.split('\n', 200).length
  return bytes.length / newlines > minifiedLine / 4 && bytes.length > minifiedLine * 4
}
