/** Ends what nobody asks for any more, a little each minute. */
import type { Context } from './context.ts'
import { endSession } from './end-session.ts'

const EVERY = 60_000
const AT_ONCE = 500

export async function sweep(context: Context): Promise<void> {
  const { store, now } = context
  for (const sid of await store.sessions.due(AT_ONCE)) {
    const record = await store.sessions.get(sid)
    if (record && record.expiresAt <= now())
      await endSession(context, sid, record.session.endsAt <= now() ? 'absolute' : 'idle')
  }
  await store.sweep()
}

/** A store that is down now is swept next time. */
export function sweepEvery(context: Context): { stop(): void } {
  const timer = setInterval(() => void sweep(context).catch(() => {}), EVERY)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
