/** Cuts what hangs on a session or token that is over, also where no further request would notice. */

import type { ReverseProxy } from '@lockgate/proxy-core'
import type { Session } from '@lockgate/sso-adapter'
import type { Site } from './site.ts'

/** What a request under way depends on; a stream is cut when it no longer holds. */
export interface Tie {
  readonly sid: string | null
  readonly token: string | null
  /** The host's cookie, and host, to look again. */
  readonly key: string | null
  readonly host: string
  readonly endsAt: number
  /** What the backend was told when it began; null: nothing. */
  readonly told: Told | null
  /** When to look at the session again. */
  lookAt: number
}

export type Told = Pick<Session, 'user' | 'email' | 'groups'>

export interface Ties {
  stop(): void
}

type Proxy = Pick<ReverseProxy, 'tied'>

const lookMs = 1_000
/** So long before a renewal is due a stream waits for it: the time to the next look, and some for the answer. */
const aheadMs = 1_500
/** Sessions that are looked up at once. */
const lanes = 64

export function cutEnded(proxy: Proxy, ended: { readonly sid: string } | { readonly token: string }): void {
  for (const { tie, cut } of proxy.tied()) {
    const { sid, token } = tie as Tie
    if ('sid' in ended ? sid === ended.sid : token === ended.token) cut()
  }
}

/** A stream asks nothing again, so its session is looked up at each renewal, and once a pass's lifetime where there are none. */
export const nextLook = ({ renewAt }: Session, now: number, pass: number): number =>
  renewAt === null ? now + pass : renewAt - aheadMs

/** The backend goes by something that is no longer so; what came to it, a new connection shows. */
const hasLost = (told: Told, now: Told): boolean =>
  told.user !== now.user || told.email !== now.email || told.groups.some((one) => !now.groups.includes(one))

/** Where nobody can say any more whether a session holds, it counts on for one pass's lifetime after its renewal was due. */
async function isOver(site: Site, tie: Tie): Promise<boolean> {
  const now = site.now()
  const { pass } = site.settings.session
  if (tie.endsAt <= now) return true
  if (tie.key === null || now < tie.lookAt) return false
  const found = await site.sso.lookup(tie.key, tie.host, { activity: false, aheadMs })
  if (found.kind === 'unavailable') return now - tie.lookAt > aheadMs + pass
  if (found.kind === 'none') return true
  tie.lookAt = nextLook(found.session, now, pass)
  return tie.told !== null && hasLost(tie.told, found.session)
}

async function look(proxy: Proxy, site: Site): Promise<void> {
  const all = proxy.tied()
  const walk = async (lane: number): Promise<void> => {
    for (const { tie, cut } of all.filter((_, index) => index % lanes === lane))
      if (await isOver(site, tie as Tie)) cut()
  }
  await Promise.all(Array.from({ length: Math.min(lanes, all.length) }, (_, lane) => walk(lane)))
}

export function watchTies(proxy: Proxy, site: () => Site | null): Ties {
  let running = false
  const lookOnce = async (): Promise<void> => {
    const current = site()
    if (!current || running) return
    running = true
    await look(proxy, current).finally(() => {
      running = false
    })
  }
  const timer = setInterval(() => void lookOnce().catch(() => undefined), lookMs).unref()
  return { stop: () => clearInterval(timer) }
}
