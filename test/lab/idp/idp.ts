/** What every identity provider of the lab can do, so that one test runs on all of them. */
import type { Person } from '@lockgate/demo/idp'
import type { Authority } from '../certificates.ts'

export type IdpKind = 'oidc-provider' | 'keycloak' | 'entra-shaped'

export interface IdpClient {
  readonly id: string
  readonly secret: string
}

export interface Idp {
  readonly kind: IdpKind
  /** As `identity.issuer` of lockgate.yaml. */
  readonly issuer: string
  /** PEM file that its certificate chains to. */
  readonly ca: string
  readonly authority: Authority
  readonly client: IdpClient
  /** What proves a second factor here, as `identity.mfa`. */
  readonly mfa: { readonly acr: readonly string[]; readonly amr: readonly (readonly string[])[] }
  readonly people: Readonly<Record<string, Person>>
  /** Registers Lockgate's redirect URI, back-channel and post-logout URLs below this login origin. */
  register(origin: string): Promise<void>
  disable(login: string): Promise<void>
  enable(login: string): Promise<void>
  addToGroup(login: string, group: string): Promise<void>
  removeFromGroup(login: string, group: string): Promise<void>
  /** Ends the person's sessions there and tells the clients by back-channel logout, as an administrator would. */
  endSessions(login: string): Promise<void>
  /** A JWT access token of the person for an API, not by way of Lockgate's client. */
  accessToken(login: string, audience: string): Promise<string>
  /** Signs with a new key from now on; what the old one signed is still good. */
  rotateKeys(): Promise<void>
  /** Ends its process; sessions are kept. */
  pause(): Promise<void>
  /** Starts it again on the same port. */
  resume(): Promise<void>
  stop(): Promise<void>
}

export interface IdpOptions {
  /** Where sign-ins come back to, such as `https://login.acme.test`; may be given later by `register`. */
  readonly origin?: string
  /** Signs its certificate, and is trusted for back-channel logout; a lab's own in a lab, else a new one. */
  readonly authority?: Authority
  /** The host name of the issuer where it is not the address. */
  readonly host?: string
  /** 0: any free one. */
  readonly port?: number
  /** Where host names lie that no DNS of the machine knows: back-channel logout asks them. */
  readonly hosts?: Readonly<Record<string, string>>
  /** Ask for the second factor at every login (as most organisations do) or only where `acr` asks for it. */
  readonly otp?: 'always' | 'on-request'
  /** Seconds. */
  readonly accessTokenLifetime?: number
}
