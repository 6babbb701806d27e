/** Renewal at the IdP: one refresh in flight for a session, whoever asks and in whichever process. */
import { type Context, RETRY_AFTER } from './context.ts'
import { explainProblem } from './explain-problem.ts'
import { randomId } from './random.ts'
import { refreshSession } from './refresh-session.ts'
import type { SessionRecord } from './store.ts'
import type { Lookup } from './types.ts'

const LOCKS = 'renewing'
/** Longer than two tries at the IdP may take. */
const LOCK_FOR = 30_000
const WAIT = 50
/** After an outage nobody asks again for so long. */
const PAUSE = 1_000

export interface Renewal {
  /** When it is due: waits for the answer. */
  renew(record: SessionRecord): Promise<Lookup>
  /** A little before: in the background, so that nobody waits and a short outage is not noticed. */
  renewEarly(record: SessionRecord): void
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms))

const down = (because: string): Lookup => ({ kind: 'unavailable', because, retryAfter: RETRY_AFTER })

/** Whether it may be renewed: somebody else may have done it while we waited. */
const isOpen = ({ session }: SessionRecord, { settings, now }: Context): boolean =>
  session.renewAt !== null && now() >= session.renewAt - settings.session.pass / 3

/** What can be said without the lock: null where there is work to do. */
function settled(context: Context, record: SessionRecord | null): Lookup | null {
  if (!record) return { kind: 'none', because: 'ended' }
  return isOpen(record, context) ? null : { kind: 'session', session: record.session }
}

/** One try for the lock: the session as renewed by us or somebody else; null: another process is at it. */
async function attempt(context: Context, sid: string): Promise<Lookup | null> {
  const { store, now } = context
  const owner = randomId()
  const ours = await store.entries.add(LOCKS, sid, owner, now() + LOCK_FOR)
  try {
    const record = await store.sessions.get(sid)
    const known = settled(context, record)
    if (known || !ours) return known
    return await refreshSession(context, record as SessionRecord)
  } finally {
    if (ours) await store.entries.remove(LOCKS, sid, owner)
  }
}

async function renewLocked(context: Context, sid: string): Promise<Lookup> {
  for (let waited = 0; waited < LOCK_FOR; waited += WAIT) {
    const done = await attempt(context, sid)
    if (done) return done
    await pause(WAIT)
  }
  return down('the renewal at the identity provider takes too long')
}

export function createRenewal(context: Context): Renewal {
  const running = new Map<string, Promise<Lookup>>()
  let outage: { readonly until: number; readonly because: string } | null = null

  const start = async (sid: string): Promise<Lookup> => {
    try {
      const found = await renewLocked(context, sid)
      if (found.kind === 'unavailable') outage = { until: context.now() + PAUSE, because: found.because }
      return found
    } catch (problem) {
      return down(explainProblem(context.settings.issuer, problem))
    } finally {
      context.cache.forget(sid)
      running.delete(sid)
    }
  }
  const renew = (record: SessionRecord): Promise<Lookup> => {
    const { sid } = record.session
    const current = running.get(sid)
    if (current) return current
    if (outage && context.now() < outage.until) return Promise.resolve(down(outage.because))
    const begun = start(sid)
    running.set(sid, begun)
    return begun
  }
  return { renew, renewEarly: (record) => void renew(record) }
}
