/** Symfony's `security.yaml`: which ways to sign in its firewalls take. Read line by line, as nothing but keys matters. */
import type { TextFound } from './tables-text.ts'

const authenticators = {
  form_login: ['strategy', 'sure'],
  form_login_ldap: ['strategy', 'sure'],
  json_login: ['strategy', 'sure'],
  login_link: ['strategy', 'sure'],
  access_token: ['jwt-verify', 'sure'],
  jwt: ['jwt-verify', 'likely'],
  http_basic: ['basic-auth', 'sure'],
  x509: ['strategy', 'likely'],
  remote_user: ['strategy', 'likely'],
  remember_me: ['session', 'likely'],
  guard: ['strategy', 'sure'],
  custom_authenticator: ['strategy', 'sure'],
  custom_authenticators: ['strategy', 'sure'],
} as const satisfies Record<string, readonly [TextFound['kind'], TextFound['certainty']]>

export function symfonyFirewalls(text: string): readonly TextFound[] {
  if (!/^\s*firewalls:/m.test(text)) return []
  const [always = ''] = text.split(/^when@/m)
  return [...always.matchAll(/^[ \t]+(\w+):/gm)].flatMap(({ index, 0: line, 1: key = '' }) => {
    if (!Object.hasOwn(authenticators, key)) return []
    const [kind, certainty] = authenticators[key as keyof typeof authenticators]
    return [{ at: index + line.search(/\w/), kind, framework: 'symfony', certainty }]
  })
}
