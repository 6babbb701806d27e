/** One shape of person out of what Keycloak, Entra ID and others claim. */
import type { Subject } from './types.ts'

export type Claims = Readonly<Record<string, unknown>>

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? value.filter((one) => typeof one === 'string' && one !== '')
    : text(value)
      ? [String(value)]
      : []
const object = (value: unknown): Claims => (typeof value === 'object' && value !== null ? (value as Claims) : {})

/** `groups`, or `resource_access.app.roles`: a claim, or a path with dots. A claim whose name has dots wins. */
export function claimAt(claims: Claims, path: string): unknown {
  if (path in claims) return claims[path]
  return path.split('.').reduce<unknown>((at, key) => object(at)[key], claims)
}

/** A colon parts kind from name, so a name of somebody's choice has none: a group called `role:admin` is not that role. */
const plain = (name: string): string => name.replaceAll(':', '%3A')

/** Keycloak: `realm_access.roles`, `resource_access.CLIENT.roles`. */
const realmRoles = (claims: Claims) => texts(object(claims.realm_access).roles).map((name) => `role:${name}`)
const clientRoles = (claims: Claims) =>
  Object.entries(object(claims.resource_access))
    .filter(([client]) => client !== 'role')
    .flatMap(([client, access]) => texts(object(access).roles).map((name) => `${plain(client)}:${name}`))
const appRoles = (claims: Claims) => texts(claims.roles).map((name) => `role:${name}`)

/** Keycloak writes nested groups as `/staff/payroll`, Entra ID as object ids. */
const groupsAt = (claims: Claims, path: string | null) =>
  path === null ? [] : texts(claimAt(claims, path)).map((name) => plain(name.replace(/^\//, '')))

/** Entra ID: `oid` and `tid` stay when addresses and names change; `sub` is another one for each client. */
const entraSubject = (claims: Claims): string | null => {
  const [tenant, id] = [text(claims.tid), text(claims.oid)]
  return tenant && id ? `${tenant}/${id}` : null
}

/** Exactly one `@`: `a@evil@corp.example` is nobody's address. */
const email = (claims: Claims): string | null => {
  const found = text(claims.email)
  const denied = claims.email_verified === false || claims.email_verified === 'false'
  return found && found.split('@').length === 2 && !denied ? found : null
}

/** Who is known by an address is known by one that could be theirs; Entra ID's people by their object id. */
function userOf(claims: Claims, claim: string | null): string | null {
  if (claim === 'email') return email(claims)
  return text(claimAt(claims, claim ?? (entraSubject(claims) ? 'oid' : 'preferred_username')))
}

export interface SubjectRules {
  readonly user: string | null
  readonly groups: string | null
}

/** `more`: groups that the token left out. Null: the claim that people are named by is missing. */
export function subjectOf(
  issuer: string,
  claims: Claims,
  rules: SubjectRules,
  more: readonly string[] = [],
): Subject | null {
  const subject = entraSubject(claims) ?? text(claims.sub)
  const user = userOf(claims, rules.user)
  if (!subject || !user) return null
  const groups = [
    ...groupsAt(claims, rules.groups),
    ...realmRoles(claims),
    ...clientRoles(claims),
    ...appRoles(claims),
    ...more,
  ]
  return {
    issuer,
    subject,
    user,
    email: email(claims),
    name: text(claims.name),
    groups: [...new Set(groups)].toSorted(),
  }
}

export interface Overage {
  /** What the token names as the place to ask (Azure AD Graph, often): shown, never called. */
  readonly endpoint: string | null
}

/** Entra ID leaves `groups` out beyond 200 and points to where they can be asked (`_claim_names`, `hasgroups`). */
export function groupsOverage(claims: Claims): Overage | null {
  const source = text(object(claims._claim_names).groups)
  if (source) return { endpoint: text(object(object(claims._claim_sources)[source]).endpoint) }
  return claims.hasgroups === true || claims.hasgroups === 'true' ? { endpoint: null } : null
}
