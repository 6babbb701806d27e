/** Ends what nobody asks for any more: sessions soon after their end, so that open streams are cut; the rest now and then. */
import type { Context } from './context.ts'
import { endSession } from './end-session.ts'

const SESSIONS_EVERY = 5_000
const REST_EVERY = 60_000
const AT_ONCE = 500

async function endDue(context: Context): Promise<void> {
  const { store, now } = context
  for (const sid of await store.sessions.due(AT_ONCE)) {
    const record = await store.sessions.get(sid)
    if (record && record.expiresAt <= now())
      await endSession(context, sid, record.session.endsAt <= now() ? 'absolute' : 'idle')
  }
}

/** A store that is down now is swept next time. */
export function sweepEvery(context: Context): { stop(): void } {
  const timers = [
    setInterval(() => void endDue(context).catch(() => {}), SESSIONS_EVERY),
    setInterval(() => void context.store.sweep().catch(() => {}), REST_EVERY),
  ]
  for (const timer of timers) timer.unref()
  return {
    stop() {
      for (const timer of timers) clearInterval(timer)
    },
  }
}
