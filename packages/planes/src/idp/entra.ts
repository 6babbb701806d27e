/**
 * What Entra ID must know of Lockgate: one app registration, as Microsoft Graph's `application` resource, and the `az` commands
 * that make it. Never run against the real service; docs/entra-shape.md has the sources.
 */
import type { IdentitySettings } from '@lockgate/model'
import { idpUrls } from './idp-urls.ts'

interface OptionalClaim {
  readonly name: string
  readonly essential: boolean
  readonly additionalProperties: readonly string[]
}

/** https://learn.microsoft.com/graph/api/resources/application */
export interface EntraApplication {
  readonly displayName: string
  readonly signInAudience: 'AzureADMyOrg'
  readonly isFallbackPublicClient: false
  readonly web: {
    readonly redirectUris: readonly string[]
    readonly implicitGrantSettings: { readonly enableIdTokenIssuance: false; readonly enableAccessTokenIssuance: false }
  }
  readonly api: { readonly requestedAccessTokenVersion: 2 }
  readonly groupMembershipClaims: 'SecurityGroup' | 'None'
  readonly optionalClaims: { readonly idToken: readonly OptionalClaim[] }
  readonly requiredResourceAccess: readonly {
    readonly resourceAppId: string
    readonly resourceAccess: readonly { readonly id: string; readonly type: 'Scope' }[]
  }[]
}

const graphId = '00000003-0000-0000-c000-000000000000'

/** Delegated permissions of Microsoft Graph; their ids are the same in every tenant. */
const permissions = {
  openid: '37f7f235-527c-4136-accd-4a02d197296e',
  profile: '14dad69e-099b-42c9-810b-d002981feec1',
  email: '64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0',
  offline_access: '7427e0e9-2fba-42fe-b0c0-848c9e6a8182',
  'User.Read': 'e1fe6dd8-ba31-4d61-89e7-88639da4683d',
  'GroupMember.Read.All': 'bc024368-1153-4739-b217-4326f2e966d0',
} as const
/** To ask for the groups of people who are in more than a token holds. */
const groupPermissions = ['User.Read', 'GroupMember.Read.All'] as const
const loginPermissions = ['openid', 'profile', 'email', 'offline_access'] as const

const claim = (name: string): OptionalClaim => ({ name, essential: false, additionalProperties: [] })

export function entraApplication({ origin, claims }: IdentitySettings): EntraApplication {
  const urls = idpUrls(origin)
  const wantsGroups = claims.groups !== null
  const wanted = [...loginPermissions, ...(wantsGroups ? groupPermissions : [])]
  return {
    displayName: 'Lockgate',
    signInAudience: 'AzureADMyOrg',
    isFallbackPublicClient: false,
    web: {
      // A page to come back to after logout is a redirect URI there.
      redirectUris: [urls.redirect, urls.postLogout],
      implicitGrantSettings: { enableIdTokenIssuance: false, enableAccessTokenIssuance: false },
    },
    api: { requestedAccessTokenVersion: 2 },
    groupMembershipClaims: wantsGroups ? 'SecurityGroup' : 'None',
    optionalClaims: { idToken: ['auth_time', 'sid', 'acrs', ...(wantsGroups ? ['groups'] : [])].map(claim) },
    requiredResourceAccess: [
      { resourceAppId: graphId, resourceAccess: wanted.map((name) => ({ id: permissions[name], type: 'Scope' })) },
    ],
  }
}

export interface EntraCommand {
  readonly argv: readonly string[]
  readonly why: string
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const applications = 'https://graph.microsoft.com/v1.0/applications'
const rest = (method: 'POST' | 'PATCH', uri: string, file: string): readonly string[] => [
  ...['az', 'rest', '--method', method, '--uri', uri],
  ...['--headers', 'Content-Type=application/json', '--body', `@${file}`],
]

/**
 * What an administrator of the tenant runs, in this order; `file` holds the application in JSON. An application that exists
 * (`identity.client.id` is its id) is changed in place, so that running it again does no harm.
 */
export function entraCommands({ client }: IdentitySettings, file: string): readonly EntraCommand[] {
  if (!guid.test(client.id))
    return [
      {
        argv: [...rest('POST', applications, file), '--query', 'appId', '--output', 'tsv'],
        why: 'Creates the app registration. Write the id that it prints into identity.client.id of lockgate.yaml, and plan again.',
      },
    ]
  return [
    {
      argv: rest('PATCH', `${applications}(appId='${client.id}')`, file),
      why: 'Makes the app registration as it should be.',
    },
    {
      argv: ['az', 'ad', 'sp', 'create', '--id', client.id],
      why: 'Lets people of the tenant sign in to it; an error says that it exists already.',
    },
    {
      argv: ['az', 'ad', 'app', 'permission', 'admin-consent', '--id', client.id],
      why: 'Agrees for everyone to the permissions, so that nobody is asked at the first login.',
    },
    ...(client.secret === null ? [] : [secretCommand(client.id)]),
  ]
}

const secretCommand = (id: string): EntraCommand => ({
  argv: [
    ...['az', 'ad', 'app', 'credential', 'reset', '--id', id, '--append', '--years', '1'],
    ...['--query', 'password', '--output', 'tsv'],
  ],
  why: 'Makes a client secret and prints it: send its output into the file or secret store that identity.client.secret names, never to a terminal that is logged.',
})
