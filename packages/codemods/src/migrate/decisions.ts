/** What a person has to decide about a finding, in a sentence. */
import type { Found, Kind } from '../rules/rule.ts'

const sentences: Readonly<Record<Kind, string>> = {
  'login-route':
    'part of a login or of its accounts: decide whether it is still wanted once Lockgate signs users in, and remove it if not',
  'password-check':
    'a password is checked or kept here: decide whether anything but the login needs it, then remove the check; tables are never touched',
  session:
    "a session of the program's own: decide what of it is identity (that becomes `lockgate`) and what else has to be kept elsewhere",
  'jwt-verify':
    "a token is verified here: decide whether it is a user's (then the assertion takes its place) or another program's (then it stays, and says so)",
  strategy:
    'a strategy or guard: decide what takes the place of the user record that it loads, for example the record with the e-mail address of `lockgate.email`',
  listener:
    'listens on every address: decide on which address the enforcement point reaches it, and bind it there (`--bind ADDRESS` does)',
  'basic-auth':
    'Basic authentication: decide who sends it; users come with the assertion instead, programs with an API token',
}

export const decisionOf = (found: Found): string =>
  found.certainty === 'sure' ? sentences[found.kind] : `perhaps ${sentences[found.kind]}`
