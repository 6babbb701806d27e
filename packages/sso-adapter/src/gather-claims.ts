/** All that the IdP tells about a person: ID token, what only its access token or userinfo say, groups beyond the token's limit. */
import { decodeJwt } from 'jose'
import { fetchUserInfo, type IDToken, type TokenEndpointResponse } from 'openid-client'
import { fetchGraphGroups } from './fetch-graph-groups.ts'
import type { SsoOptions } from './options.ts'
import type { Discovered } from './provider.ts'
import { type Claims, claimAt, groupsOverage, subjectOf } from './subject.ts'
import type { Subject } from './types.ts'

/** Larger than any header could carry on; a login with it would fail at every backend. */
const MAX_SUBJECT = 65_536

/** Keycloak puts roles into the access token alone by default. It came from the token endpoint itself, and is taken for its own issuer only. */
function accessTokenRoles(accessToken: string, issuer: string): Claims {
  try {
    const { iss, realm_access, resource_access } = decodeJwt(accessToken)
    return iss === issuer
      ? {
          ...(realm_access !== undefined && { realm_access }),
          ...(resource_access !== undefined && { resource_access }),
        }
      : {}
  } catch {
    return {}
  }
}

const wants = ({ settings: { claims } }: SsoOptions): readonly string[] =>
  [claims.user, claims.groups, ...claims.require].filter((one) => one !== null)

/** null: the IdP has no userinfo. Rejects where it speaks of somebody else than `subject`. */
export async function askUserInfo(
  { configuration, metadata }: Discovered,
  accessToken: string,
  subject: string,
): Promise<Claims | null> {
  return metadata.userinfo_endpoint ? { ...(await fetchUserInfo(configuration, accessToken, subject)) } : null
}

async function userInfoClaims(
  discovered: Discovered,
  options: SsoOptions,
  claims: Claims,
  accessToken: string,
): Promise<Claims> {
  const complete = wants(options).every((path) => claimAt(claims, path) !== undefined) || groupsOverage(claims) !== null
  return complete ? {} : ((await askUserInfo(discovered, accessToken, String(claims.sub))) ?? {})
}

export async function gatherClaims(
  discovered: Discovered,
  options: SsoOptions,
  idToken: IDToken,
  { access_token: accessToken }: TokenEndpointResponse,
): Promise<Claims> {
  const known = { ...accessTokenRoles(accessToken, idToken.iss), ...idToken }
  return { ...(await userInfoClaims(discovered, options, known, accessToken)), ...known }
}

export type SubjectFound =
  | { readonly kind: 'subject'; readonly subject: Subject }
  | { readonly kind: 'claim-missing'; readonly claim: string }
  | { readonly kind: 'too-large'; readonly size: number }

/** The first of the claims that must be true and is not. */
export const missingClaim = (require: readonly string[], claims: Claims): string | undefined =>
  require.find((path) => {
    const value = claimAt(claims, path)
    return value !== true && value !== 'true'
  })

/** Rejects where groups that were left out cannot be asked for: without them, decisions would rest on half a person. */
export async function findSubject(options: SsoOptions, claims: Claims, accessToken: string): Promise<SubjectFound> {
  const { issuer, claims: rules } = options.settings
  const required = missingClaim(rules.require, claims)
  if (required !== undefined) return { kind: 'claim-missing', claim: required }
  const overage = groupsOverage(claims)
  const fetchGroups = options.fetchGroups ?? fetchGraphGroups(options.fetch ?? fetch)
  const more = overage ? await fetchGroups({ accessToken, subject: String(claims.oid ?? claims.sub), ...overage }) : []
  const subject = subjectOf(issuer, claims, rules, more)
  if (!subject) return { kind: 'claim-missing', claim: rules.user ?? 'preferred_username' }
  const size = JSON.stringify(subject).length
  return size > MAX_SUBJECT ? { kind: 'too-large', size } : { kind: 'subject', subject }
}
