/** Acme's realm: people with authenticator apps, nested groups, roles, and a login in two levels of assurance. */
import type { Person } from '@lockgate/demo/idp'

export const realmName = 'acme'
/** What an operator gives Lockgate: a service account that may manage clients of this realm, and nothing else. */
export const clientAdmin = { id: 'lockgate-admin', secret: 'lab-client-admin-secret-77aa' }
/** For access tokens to an API without a browser; nothing of Lockgate uses it. */
export const apiClient = { id: 'lab-api', secret: 'lab-api-secret-91c2' }

interface RealmOptions {
  readonly people: Readonly<Record<string, Person>>
  readonly clientId: string
  /** Seconds. */
  readonly accessTokenLifetime: number
}

interface GroupTree {
  readonly name: string
  readonly subGroups: readonly GroupTree[]
}

/** `staff/payroll` becomes a group `payroll` in a group `staff`. */
function groupTree(paths: readonly (readonly string[])[]): readonly GroupTree[] {
  const names = [...new Set(paths.map(([first]) => first))].filter((name) => name !== undefined)
  return names.map((name) => ({
    name,
    subGroups: groupTree(
      paths.filter(([first, ...rest]) => first === name && rest.length > 0).map(([, ...rest]) => rest),
    ),
  }))
}

const otpCredential = (secret: string) => ({
  type: 'otp',
  secretData: JSON.stringify({ value: secret }),
  credentialData: JSON.stringify({
    subType: 'totp',
    digits: 6,
    counter: 0,
    period: 30,
    algorithm: 'HmacSHA1',
    secretEncoding: 'BASE32',
  }),
})

const userOf = (one: Person, clientId: string) => ({
  username: one.login,
  enabled: true,
  email: one.email,
  emailVerified: one.emailVerified,
  firstName: one.name[0],
  lastName: one.name[1],
  groups: one.groups.map((path) => `/${path}`),
  realmRoles: one.roles,
  clientRoles: { [clientId]: one.clientRoles },
  credentials: [
    { type: 'password', value: one.password, temporary: false },
    ...(one.otp === null ? [] : [otpCredential(one.otp)]),
  ],
})

const execution = (authenticator: string, config?: string) => ({
  authenticator,
  requirement: 'REQUIRED',
  priority: config?.startsWith('level') ? 0 : 10,
  ...(config ? { authenticatorConfig: config } : {}),
})
const subflow = (flowAlias: string, requirement: string, priority: number) => ({
  flowAlias,
  requirement,
  priority,
  authenticatorFlow: true,
})
const flow = (alias: string, topLevel: boolean, authenticationExecutions: readonly object[]) => ({
  alias,
  providerId: 'basic-flow',
  topLevel,
  builtIn: false,
  authenticationExecutions,
})

/** Password is level 1 and lasts ten hours, the one-time code is level 2 and lasts one. */
const flows = [
  flow('levels', true, [
    { authenticator: 'auth-cookie', requirement: 'ALTERNATIVE', priority: 0 },
    subflow('levels forms', 'ALTERNATIVE', 10),
  ]),
  flow('levels forms', false, [subflow('levels 1', 'CONDITIONAL', 0), subflow('levels 2', 'CONDITIONAL', 10)]),
  flow('levels 1', false, [
    execution('conditional-level-of-authentication', 'level 1'),
    execution('auth-username-password-form', 'method pwd'),
  ]),
  flow('levels 2', false, [
    execution('conditional-level-of-authentication', 'level 2'),
    execution('auth-otp-form', 'method otp'),
  ]),
]

const level = (number: string, maxAge: string) => ({
  alias: `level ${number}`,
  config: { 'loa-condition-level': number, 'loa-max-age': maxAge },
})
const method = (name: string) => ({
  alias: `method ${name}`,
  config: { 'default.reference.value': name, 'default.reference.maxAge': '36000' },
})

export const realmOf = ({ people, clientId, accessTokenLifetime }: RealmOptions) => ({
  realm: realmName,
  enabled: true,
  sslRequired: 'all',
  accessTokenLifespan: accessTokenLifetime,
  revokeRefreshToken: true,
  refreshTokenMaxReuse: 0,
  otpPolicyType: 'totp',
  otpPolicyAlgorithm: 'HmacSHA1',
  otpPolicyInitialCounter: 0,
  otpPolicyDigits: 6,
  otpPolicyLookAheadWindow: 1,
  otpPolicyPeriod: 30,
  // The same code counts twice, so that a test need not wait half a minute between two logins of a person.
  otpPolicyCodeReusable: true,
  browserFlow: 'levels',
  authenticationFlows: flows,
  authenticatorConfig: [level('1', '36000'), level('2', '3600'), method('pwd'), method('otp')],
  groups: groupTree(Object.values(people).flatMap((one) => one.groups.map((path) => path.split('/')))),
  roles: {
    realm: [...new Set(Object.values(people).flatMap((one) => one.roles))].map((name) => ({ name })),
    client: {
      [clientId]: [...new Set(Object.values(people).flatMap((one) => one.clientRoles))].map((name) => ({ name })),
    },
  },
  clients: [
    { clientId, enabled: true, redirectUris: [] },
    {
      clientId: clientAdmin.id,
      secret: clientAdmin.secret,
      enabled: true,
      standardFlowEnabled: false,
      serviceAccountsEnabled: true,
    },
    {
      clientId: apiClient.id,
      secret: apiClient.secret,
      enabled: true,
      standardFlowEnabled: false,
      directAccessGrantsEnabled: true,
    },
  ],
  users: [
    ...Object.values(people).map((one) => userOf(one, clientId)),
    {
      username: `service-account-${clientAdmin.id}`,
      enabled: true,
      serviceAccountClientId: clientAdmin.id,
      clientRoles: { 'realm-management': ['manage-clients'] },
    },
  ],
})
