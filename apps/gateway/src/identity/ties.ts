/** Cuts what hangs on a session or token that is over, also where no further request would notice. */
import type { ReverseProxy } from '@lockgate/proxy-core'
import type { Tie } from './decide.ts'
import type { Site } from './site.ts'

export interface Ties {
  stop(): void
}

type Proxy = Pick<ReverseProxy, 'tied'>

const lookMs = 1_000

export function cutEnded(proxy: Proxy, ended: { readonly sid: string } | { readonly token: string }): void {
  for (const { tie, cut } of proxy.tied()) {
    const { sid, token } = tie as Tie
    if ('sid' in ended ? sid === ended.sid : token === ended.token) cut()
  }
}

/** A stream of its own asks nothing again: so its session is looked up once a pass's lifetime, which renews it at the IdP too. */
async function isOver(site: Site, tie: Tie): Promise<boolean> {
  const now = site.now()
  if (tie.endsAt <= now) return true
  if (tie.key === null || now - tie.checkedAt < site.settings.session.pass) return false
  tie.checkedAt = now
  return (await site.sso.lookup(tie.key, tie.host, { activity: false })).kind === 'none'
}

export function watchTies(proxy: Proxy, site: () => Site | null): Ties {
  const look = async (): Promise<void> => {
    const current = site()
    if (!current) return
    for (const { tie, cut } of proxy.tied()) if (await isOver(current, tie as Tie)) cut()
  }
  const timer = setInterval(() => void look().catch(() => undefined), lookMs).unref()
  return { stop: () => clearInterval(timer) }
}
