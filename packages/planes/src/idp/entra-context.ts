/**
 * How Entra ID comes to prove MFA: an authentication context, and a Conditional Access policy that requires MFA where it is asked for.
 * Never run against the real service; docs/entra-shape.md has the sources.
 */
import type { IdentitySettings } from '@lockgate/model'
import type { EntraCommand } from './entra.ts'

const conditionalAccess = 'https://graph.microsoft.com/v1.0/identity/conditionalAccess'
const rest = (method: 'POST' | 'PATCH', path: string, body: object): readonly string[] => [
  ...['az', 'rest', '--method', method, '--uri', `${conditionalAccess}/${path}`],
  ...['--headers', 'Content-Type=application/json', '--body', JSON.stringify(body)],
]

/** What every login demands there: the first of `mfa.ask` or `mfa.acr` that is a context, c1 to c99; null: none. */
export const mfaContext = ({ mfa }: IdentitySettings): string | null =>
  (mfa.ask ?? mfa.acr).find((one) => /^c[1-9]\d?$/.test(one)) ?? null

/** After those of the app registration. */
export function contextCommands(identity: IdentitySettings): readonly EntraCommand[] {
  const context = mfaContext(identity)
  if (context === null) return []
  const reference = { displayName: 'Lockgate: MFA', isAvailable: true }
  const policy = {
    displayName: `Lockgate: MFA for ${context}`,
    state: 'enabled',
    conditions: {
      applications: { includeAuthenticationContextClassReferences: [context] },
      users: { includeUsers: ['All'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  }
  return [
    {
      argv: rest('PATCH', `authenticationContextClassReferences/${context}`, reference),
      why: `Makes the authentication context ${context}, which every login demands (identity.mfa). If it serves something else already, name another one there.`,
    },
    {
      argv: rest('POST', 'policies', policy),
      why: `Requires MFA of everyone where ${context} is demanded. Leave nobody out but break-glass accounts: who is left out may be given ${context} without a second factor. Run it once; each run makes another policy.`,
    },
  ]
}
