/** Which sessions an engine may let in by itself, as they are seen at the gateway: what is written down, and for how long. */
import { hash } from 'node:crypto'
import { type GatewayConfig, type GatewayIdentity, liveFolder } from '@lockgate/model'
import type { Session } from '@lockgate/sso-adapter'
import type { BackendIdentity } from './rollout.ts'

/** For the one process that writes the list. */
export type ListChange =
  | ({ readonly kind: 'put'; readonly generation: string } & Listed)
  | { readonly kind: 'end'; readonly sid: string }
  /** Any session may have ended unheard. */
  | { readonly kind: 'missed' }

export interface Listed {
  readonly sid: string
  /** Within the edge's folder of live sessions. */
  readonly folder: string
  readonly name: string
  readonly text: string
  /** Milliseconds. */
  readonly until: number
}

/** The backend as its session is listed for it. */
interface Place {
  readonly id: string
  readonly public: GatewayConfig['backends'][number]['public']
  readonly identity: BackendIdentity
}

export interface Listing {
  /** The session may enter the backend, and `told` is what that is told: names and values in turn. */
  seen(place: Place, session: Session, key: string, told: readonly string[]): void
  /** Takes all out, and lists anew what is seen from now on. */
  missed(): void
}

/** Line by line, as Apache's rules take them. */
const lines = ['Lockgate-User', 'Lockgate-Subject', 'Lockgate-Email', 'Lockgate-Groups', 'Lockgate-Session']

/** So long before a renewal is due the gateway is asked again, and renews while the person goes on. */
const aheadMs = 2_000

export const nameOf = (key: string): string => hash('sha1', key)

const time = (ms: number): string => `t=${String(Math.floor(ms) * 1_000).padStart(16, '0')}`

const claimOf = (told: readonly string[], name: string): string =>
  told.find((_, index) => index % 2 === 1 && told[index - 1] === name) ?? ''

/** null: it could be read as something else, so it is not written. */
export function claimsText(told: readonly string[]): string | null {
  const values = told.length === 0 ? [] : lines.map((name) => claimOf(told, name))
  return values.every((one) => /^[\x20-\x7e]*$/.test(one)) ? [...values, '.'].join('\n') : null
}

/** Times in microseconds, as Apache has them, and who it is; it ends where the text does. */
const textOf = (claims: string, from: number, until: number): string => `${time(from)} ${time(until)}\n${claims}`

export function endOf({ endsAt, renewAt }: Session, now: number, lifetime: number): number {
  const renewal = renewAt === null ? endsAt : renewAt - Math.min(aheadMs, lifetime / 3)
  return Math.min(now + lifetime, endsAt, renewal)
}

const folderOf = (settings: GatewayIdentity, place: Place): string =>
  liveFolder({
    id: place.id,
    public: place.public,
    kind: place.identity.kind,
    stepUp: settings.stepUp.filter((one) => one.backend === place.id).map((one) => one.path),
  })

/** A signed identity is made for each request, and who is only watched may get more than the list says. */
const isListable = ({ identity }: Place): boolean => identity.kind !== 'assertion' && identity.mode === 'enforce'

interface Shown {
  readonly until: number
  readonly claims: string
}

const maxShown = 50_000

export interface ListingOptions {
  readonly generation: string
  readonly settings: GatewayIdentity
  readonly now: () => number
  /** Whether it would be told of a session's end. */
  readonly hears: () => boolean
  readonly write: (change: ListChange) => void
}

export function createListing({ generation, settings, now: clock, hears, write }: ListingOptions): Listing {
  const shown = new Map<string, Shown>()
  const folders = new Map<string, string>()
  const lifetime = settings.session.pass
  const folderFor = (place: Place): string => {
    const folder = folders.get(place.id) ?? folderOf(settings, place)
    folders.set(place.id, folder)
    return folder
  }
  /** More than half of it is left, or a new one would not last longer; more than all of it, and the clock was set back. */
  const isFresh = (one: Shown, until: number, now: number): boolean => {
    const left = one.until - now
    return left <= lifetime && (left > lifetime / 2 || one.until >= until)
  }
  return {
    seen(place, session, key, told) {
      if (!isListable(place) || !hears()) return
      const now = clock()
      const claims = claimsText(told)
      const until = endOf(session, now, lifetime)
      if (claims === null || until <= now) return
      const whose = `${place.id} ${key}`
      const last = shown.get(whose)
      if (last?.claims === claims && isFresh(last, until, now)) return
      if (shown.size >= maxShown) shown.clear()
      shown.set(whose, { until, claims })
      const [folder, name] = [folderFor(place), nameOf(key)]
      write({ kind: 'put', generation, sid: session.sid, folder, name, until, text: textOf(claims, now, until) })
    },
    missed() {
      shown.clear()
      write({ kind: 'missed' })
    },
  }
}
