/** An OpenID Provider (oidc-provider) in a child process: password and one-time code, rotation, back-channel logout. */
import { type ProviderSetting, people, providerProgram } from '@lockgate/demo/idp'
import type { Lab } from '../lab.ts'
import { openHome } from './home.ts'
import type { Idp, IdpOptions } from './idp.ts'
import { startProgramIdp } from './program-idp.ts'

const client = { id: 'lockgate', secret: 'lab-client-secret-3b1f0c' }

/** On loopback, or at a place of a lab. */
export async function startOidcProvider(options: IdpOptions = {}, lab?: Lab, place?: string): Promise<Idp> {
  const home = await openHome('oidc-provider', options, lab, place)
  const host = options.host ?? home.address
  const setting: ProviderSetting = {
    folder: home.folder,
    address: home.address,
    host,
    port: options.port ?? 0,
    ...(await home.authority.issue('oidc-provider', [host])),
    client,
    origin: options.origin ?? null,
    hosts: options.hosts ?? {},
    otp: options.otp ?? 'always',
    accessTokenLifetime: options.accessTokenLifetime ?? 300,
    people,
  }
  const { port, actions } = await startProgramIdp(home, providerProgram, setting)
  return {
    kind: 'oidc-provider',
    issuer: `https://${host}:${port}`,
    ca: home.authority.ca,
    authority: home.authority,
    client,
    mfa: { acr: ['2'], amr: [['mfa']] },
    people,
    ...actions,
  }
}
