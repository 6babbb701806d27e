/** Sign-on for a policy enforcement point: everything in types.ts, put together. */
import type { CustomFetch } from 'openid-client'
import { createAccessTokens } from './access-token.ts'
import { createApiTokens } from './api-tokens.ts'
import { backChannelLogout } from './back-channel.ts'
import { checkBearer } from './bearer.ts'
import { beginLogin } from './begin-login.ts'
import { boundFetch, createIdpFetch } from './bounded-fetch.ts'
import type { Context } from './context.ts'
import { endSession, endSessionUrl } from './end-session.ts'
import { type Feed, watchFeed } from './ended-feed.ts'
import { handOff, redeem } from './hand-off.ts'
import { createKeySet } from './key-set.ts'
import { known, lookUp } from './look-up.ts'
import type { SsoOptions } from './options.ts'
import { createProvider } from './provider.ts'
import { createRenewal } from './renew.ts'
import { createSeal } from './seal.ts'
import { createSessionCache } from './session-cache.ts'
import { signIn } from './sign-in.ts'
import { spareSession } from './spare-session.ts'
import type { FeedEvent } from './store.ts'
import { sweepEvery } from './sweep.ts'
import type { Sso } from './types.ts'

type Ended = Parameters<Parameters<Sso['onEnded']>[0]>[0]

const CACHED = 20_000

/** One that throws does not keep the others from hearing. */
function createListeners<T>(what: string, onProblem: SsoOptions['onProblem']) {
  const listeners = new Set<(told: T) => void>()
  return {
    add(listener: (told: T) => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    tell(told: T): void {
      for (const listener of listeners)
        try {
          listener(told)
        } catch (problem) {
          onProblem?.(`a listener of ${what} failed: ${String(problem)}`)
        }
    },
  }
}

/** Never waits for the IdP or the store: both are asked in the background, and again until they answer. */
export function createSso(options: SsoOptions): Sso {
  const { settings, store, now = Date.now } = options
  const idp = options.fetch
    ? { fetch: boundFetch(options.fetch), close: async () => {} }
    : createIdpFetch(options.idpCa ?? null)
  const seal = createSeal(options.sealKey)
  const cache = createSessionCache(options.cached ?? CACHED)
  const provider = createProvider(options, idp.fetch as CustomFetch, now)
  const ended = createListeners<Ended>('ended sessions', options.onProblem)
  const missed = createListeners<void>('missed ends', options.onProblem)
  let changes = 0

  const onEvent = (event: FeedEvent): void => {
    changes += 1
    if (event.kind === 'token') apiTokens.forget(event.id)
    else cache.forget(event.id)
    if (event.kind !== 'changed') ended.tell(event.kind === 'token' ? { token: event.id } : { sid: event.id })
  }
  const onLost = (): void => {
    changes += 1
    cache.clear()
    apiTokens.clear()
    missed.tell()
  }
  const feed: Feed = watchFeed(store, () => performance.now(), { onEvent, onLost })
  const keys = createKeySet(provider, idp.fetch, now)
  const context: Context = {
    ...{ options, settings, store, seal, provider, cache, now },
    emit: (event) => options.onEvent?.(event),
    fresh: feed.fresh,
    changes: () => changes,
    verifyOwn: keys.verifyOwn,
  }
  const apiTokens = createApiTokens(context)
  const accessTokens = createAccessTokens(context, keys.find)
  const renewal = createRenewal(context)
  const sweep = sweepEvery(context)
  provider.discovered().catch(() => {})

  return {
    begin: (ask) => beginLogin(options, provider, seal, ask, now()),
    finish: (ask) => signIn(context, ask),
    lookup: (key, host, how) => lookUp(context, renewal, key, host, how ?? {}),
    known: (key, host) => known(context, key, host),
    handOff: (session, host, binding) => handOff(context, session, host, binding),
    redeem: (code, host, binding) => redeem(context, code, host, binding),
    async end(sid, because, postLogout) {
      const record = await endSession(context, sid, because)
      return { endSession: record ? endSessionUrl(context, record, postLogout) : null }
    },
    async sessionsOf(session) {
      const own = await store.sessions.get(session.sid)
      const all = own ? await store.sessions.ofSubject(session.issuer, own.idpSubject) : []
      return all.filter((one) => one.expiresAt > now()).map((one) => one.session)
    },
    announcesLogouts() {
      const known = provider.known()
      return known && known.metadata.backchannel_logout_supported === true
    },
    spare: (session) => spareSession(context, session),
    backChannelLogout: (body) => backChannelLogout(context, keys.find, body),
    bearer: (token, backend) => checkBearer(context, apiTokens, accessTokens, token, backend),
    tokens: apiTokens.tokens,
    onEnded: ended.add,
    onMissed: missed.add,
    hears: feed.fresh,
    async close() {
      sweep.stop()
      await feed.stop()
      await idp.close()
    },
  }
}
