/** The cheapest pass: one regular expression over a file's bytes says whether anyone need parse it. */
import type { Language } from './languages.ts'

/**
 * Words of which every file with a login, a session, a password, a token's check or a listener has at least one. Few branches
 * with different first letters: each is tried at every character of every file.
 */
const javascript = new RegExp(
  [
    '[Aa](?:uth(?!ors?\\b|ored|oring|orName|orId)|rgon2)',
    '[Ss](?:ession|crypt|ign(?:[Ii]n\\b|-?_?[Ii]n(?<=\\b[Ss]ign-?_?[Ii]n)))',
    '[Pp](?:ass(?:word|wd|port)|wd\\b(?<=\\bpwd)|bkdf2)',
    '[Tt]oken\\b|[Jj](?:wt(?:[.A-Z(-]|\\b)|sonwebtoken|ose\\b)|JWT',
    '[Ll](?:og(?:ged_?[Ii]n|[Ii]n\\b|-?_?[io]n(?<=\\b[Ll]og-?_?[io]n))|ucia)|LOG_?IN',
    '[Bb]crypt|[/\'"]tokens\\b|/basic\\b|\\.listen\\b|ensure[A-Z]|Required\\b|getCurrentUser|[Gg]lue\\b|@clerk/',
    'CanActivate|Credentials|[Hh]api\\.[Ss]erver|0\\.0\\.0\\.0|(?:req|request|state)\\.user\\b|verify(?:Id)?Token',
  ].join('|'),
)

/** Comments that begin a line; one behind code is read as code is. A line of a template that looks like a comment is taken for one. */
const comments = /^[ \t]*(?:\/\/.*|\/\*[\s\S]*?\*\/)/gm

const foreign =
  /log_?[io]n|sign_?in|passw|\bpwd\b|auth|session|current_|superuser|jwt|bcrypt|argon2|scrypt|pbkdf2|devise|0\.0\.0\.0|listen|\.run\b/i

const tables = /passw|pwd|\bhash/i

/** `bytes` is a file's text, each byte one character. */
export function mayMatter(language: Language, bytes: string): boolean {
  if (language === 'javascript' || language === 'component')
    return javascript.test(bytes) && javascript.test(bytes.replace(comments, ''))
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
