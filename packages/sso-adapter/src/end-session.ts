/** The end of a session, everywhere: its cookies are unknown from then on, and all processes hear of it. */
import { buildEndSessionUrl } from 'openid-client'
import type { Context } from './context.ts'
import type { SessionRecord } from './store.ts'
import { openTokens } from './tokens-at-rest.ts'
import type { EndReason } from './types.ts'

export async function endSession(context: Context, sid: string, because: EndReason): Promise<SessionRecord | null> {
  context.cache.forget(sid)
  const record = await context.store.sessions.end(sid, because)
  if (record) context.emit({ type: 'session-ended', at: context.now(), sid, because })
  return record
}

/** A hint that makes the address longer than servers take is left out: the IdP then asks the person, which its error page would not. */
const maxHint = 4_000

/** OpenID Connect RP-Initiated Logout 1.0; null where the IdP has no such page or was never reached. */
export function endSessionUrl(context: Context, record: SessionRecord, postLogout: string | undefined): string | null {
  const known = context.provider.known()
  if (!known?.metadata.end_session_endpoint) return null
  const hint = openTokens(context.seal, record.session.sid, record.sealed)?.id
  return buildEndSessionUrl(known.configuration, {
    ...(hint && hint.length <= maxHint && { id_token_hint: hint }),
    ...(postLogout && { post_logout_redirect_uri: postLogout }),
  }).href
}
