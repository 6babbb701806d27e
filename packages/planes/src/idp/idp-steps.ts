/** What a person does at the identity provider before the first login, with all that is to be copied there. */
import { type IdentitySettings, isEntra } from '@lockgate/model'
import { entraApplication, entraCommands } from './entra.ts'
import { contextCommands, mfaContext } from './entra-context.ts'
import { idpUrls } from './idp-urls.ts'
import { keycloakClient, keycloakRealm } from './keycloak.ts'

const json = (value: unknown): string => JSON.stringify(value, null, 2)
/** A word of a POSIX shell. */
const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

function keycloakSteps(identity: IdentitySettings, realm: string): readonly string[] {
  return [
    `at Keycloak: save this as lockgate-client.json and run kcadm.sh create clients -r ${word(realm)} -f lockgate-client.json (or import it under Clients)\n${json(keycloakClient(identity))}`,
  ]
}

function entraSteps(identity: IdentitySettings): readonly string[] {
  const file = 'lockgate-entra.json'
  return [
    `at Entra ID: save this as ${file}\n${json(entraApplication(identity))}`,
    ...[...entraCommands(identity, file), ...contextCommands(identity)].map(
      ({ argv, why }) => `at Entra ID: ${argv.map(word).join(' ')}\n${why}`,
    ),
    ...(mfaContext(identity) === null
      ? [
          'in lockgate.yaml: name the authentication context that proves MFA, such as identity.mfa {acr: [c1], amr: []}, and plan again; version 2.0 tokens have no amr',
        ]
      : []),
  ]
}

function otherSteps({ origin, client }: IdentitySettings): readonly string[] {
  const { redirect, backChannel, postLogout } = idpUrls(origin)
  return [
    `at the identity provider: a ${client.secret === null ? 'public' : 'confidential'} client ${client.id} with the authorization code flow, PKCE (S256) and refresh tokens; redirect URI ${redirect}, back-channel logout ${backChannel} with the session required, after logout ${postLogout}`,
  ]
}

/** In their order; Keycloak and Entra ID are known by their issuer. */
export function idpSteps(identity: IdentitySettings): readonly string[] {
  const keycloak = keycloakRealm(identity.issuer)
  if (keycloak !== null) return keycloakSteps(identity, keycloak.realm)
  return isEntra(identity.issuer) ? entraSteps(identity) : otherSteps(identity)
}
