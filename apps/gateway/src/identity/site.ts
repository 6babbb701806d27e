/** What all identity code of this process shares: the settings of the generation that is live, and what they are carried out with. */
import type { AssertionIssuer } from '@lockgate/assertion/issue'
import type { GatewayConfig, GatewayIdentity } from '@lockgate/model'
import type { EntryStore, Seal, Sso } from '@lockgate/sso-adapter'
import type { Log } from '../log.ts'
import type { AssertionKeys } from './assertion-keys-file.ts'
import type { Assertions } from './assertions.ts'
import type { AuditRecord, DecisionLog } from './audit.ts'
import type { KeptAnswers } from './kept-answers.ts'
import { createListing, type ListChange, type Listing } from './listing.ts'
import type { PassKeys } from './pass-keys.ts'
import type { Passes } from './passes.ts'
import type { Recent } from './recent.ts'
import type { BackendIdentity } from './rollout.ts'
import { type FindNeed, findNeeds } from './step-up.ts'

type BackendConfig = GatewayConfig['backends'][number]

/** A backend that takes part. */
export interface Place {
  readonly id: string
  /** `https://payroll.acme.test` */
  readonly origin: string
  /** The same without its scheme: what Host says. */
  readonly authority: string
  readonly public: BackendConfig['public']
  readonly paths: BackendConfig['paths']
  readonly identity: BackendIdentity
  readonly need: FindNeed
}

/** Made once for given identity settings, and kept when only backends or rollouts change. */
export interface Tools {
  readonly sso: Sso
  readonly recent: Recent
  readonly entries: EntryStore
  readonly seal: Seal
  readonly issuer: AssertionIssuer
  readonly assertions: Assertions
  readonly assertionKeys: AssertionKeys
  /** null with engines that need none: builtin, and one that looks sessions up in a list. */
  readonly passes: Passes | null
  readonly passKeys: PassKeys | null
  /** null where no engine of this host keeps answers. */
  readonly kept: KeptAnswers | null
  readonly write: (record: AuditRecord) => void
  readonly decisions: DecisionLog
  readonly log: Log
  readonly now: () => number
}

export interface Site extends Tools {
  readonly settings: GatewayIdentity
  /** The login origin and its host. */
  readonly origin: string
  readonly loginHost: string
  readonly places: ReadonlyMap<string, Place>
  readonly byAuthority: ReadonlyMap<string, Place>
  readonly origins: ReadonlySet<string>
  /** null where the engine asks about each request, or knows a session by its pass. */
  readonly listing: Listing | null
}

type Endpoint = BackendConfig['public']

const standard = { http: 80, https: 443 } as const

/** As browsers write it. */
export function authorityOf({ scheme, host, port }: Endpoint): string {
  const name = host.includes(':') ? `[${host}]` : host.toLowerCase()
  return port === standard[scheme] ? name : `${name}:${port}`
}

export const originOf = (endpoint: Endpoint): string => `${endpoint.scheme}://${authorityOf(endpoint)}`

function placeOf(backend: BackendConfig, settings: GatewayIdentity): Place | null {
  const { id, paths, identity } = backend
  if (!identity) return null
  const need = findNeeds(settings.stepUp, id, paths.case === 'ignore')
  const { public: seen } = backend
  return { id, origin: originOf(seen), authority: authorityOf(seen), public: seen, paths, identity, need }
}

/** `list` takes what an engine may know of live sessions. */
export function createSite(
  config: GatewayConfig,
  settings: GatewayIdentity,
  tools: Tools,
  list: (change: ListChange) => void,
): Site {
  const places = config.backends.map((one) => placeOf(one, settings)).filter((one) => one !== null)
  const origin = originOf(settings.origin)
  return {
    ...tools,
    settings,
    origin,
    loginHost: authorityOf(settings.origin),
    places: new Map(places.map((one) => [one.id, one])),
    byAuthority: new Map(places.map((one) => [one.authority, one])),
    origins: new Set([...settings.origins, ...places.map((one) => one.origin), origin]),
    listing:
      settings.passes === 'listed'
        ? createListing({
            generation: config.generation,
            settings,
            now: tools.now,
            hears: tools.sso.hears,
            write: list,
          })
        : null,
  }
}
