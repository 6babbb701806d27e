/** Words that paths and handlers of a login have, and how sure they make. */
import type { Certainty } from './rule.ts'

const loginSegment =
  /^((user|admin|do|local|email|password|social|web|api|post|handle)[-_]?)?(log[-_]?in|sign[-_]?in|log[-_]?on|authenticate|authorize)([-_](local|password|email|user|admin|callback|submit|check|attempt|request))?$/i
const loginCompound =
  /^(log|sign)[-_]?in[-_]?(with|by|via|as|using|link|token|form|page|callback|success|failure|verify)|[a-z](Login|SignIn)$|[-_](login|signin)$/

const accountSegment =
  /^(register|registration|sign[-_]?up|log[-_]?out|sign[-_]?out|log[-_]?off|session|sessions|token|tokens|access[-_]?tokens?|refresh[-_]?tokens?|refresh|revoke|auth|oauth2?|sso|saml|otp|2fa|mfa|totp|two[-_]?factor([-_]?auth(entication)?)?|magic[-_]?links?|webauthn|passkeys?|(send[-_]?)?verification[-_]?email|verify[-_]?email|confirm[-_]?email|account[-_]?confirmation|email[-_]?verification|(forgot|reset|change|update|recover|lost|forgotten)[-_]?(your[-_]?)?(password|pass|pwd)|password|passwords|password[-_]?(reset|recovery|change|forgot)|send[-_]?password[-_]?reset|(reset|forgot|authenticate)[-_].*|unlink|impersonate)$/i

const segments = (path: string): readonly string[] =>
  path.split(/[/.]/).filter((one) => one !== '' && !one.startsWith(':') && !one.startsWith('{') && !one.startsWith('*'))

/** How certain it is that a route with this path is part of a login; null: the path does not say so. */
export function loginPath(path: string): Certainty | null {
  const parts = segments(path.replace(/\(.*$/, ''))
  if (parts.some((one) => loginSegment.test(one))) return 'sure'
  return parts.some((one) => loginCompound.test(one) || accountSegment.test(one)) ? 'likely' : null
}

const handler =
  /^(post|handle|do|process|user|admin|local|email|api|perform|attempt|submit)?_?(log_?in|sign_?in)(_?(user|admin|with\w*|handler|controller|post|action|local|page|form|view))?$/i

/** Whether a function's name says that it signs someone in. */
export const isLoginHandler = (name: string): boolean => handler.test(name)

/** Fields of a body or a table that hold a password. */
export const isPasswordName = (name: string): boolean =>
  /^(user|hashed|encrypted|plain|raw|input|candidate|given|current|old|db|stored|admin)?_?(password|passwd|pwd|passphrase|pass)_?(hash|hashed|digest|encrypted)?$/i.test(
    name,
  )
