/** The end of a login: a session with a cookie of its own, in place of the one before. */
import { type Context, STORE_DOWN } from './context.ts'
import { endSession } from './end-session.ts'
import { type Finished, finishLogin } from './finish-login.ts'
import { isOvertaken } from './overtaken.ts'
import { keyHash, randomKey } from './random.ts'
import type { SessionRecord } from './store.ts'
import { type Resumed, resumeTransaction, type Transaction } from './transaction.ts'
import type { LoginFinished, Sso } from './types.ts'

type Ask = Parameters<Sso['finish']>[0]

const known = (given: Ask['previous'], carry: string | null): string | null =>
  typeof given === 'function' ? given(carry) : given

const USED = 'login'
const KEPT = 600_000

/** A callback that is loaded twice must not spend its code twice: the IdP would take back what the first one got. */
const isFirst = ({ store, now }: Context, { nonce }: Transaction): Promise<boolean> =>
  store.entries.add(USED, nonce, '', now() + KEPT)

async function replacePrevious(context: Context, previous: string | null): Promise<void> {
  const before = previous === null ? null : await context.store.sessions.find(keyHash(previous, null))
  if (before) await endSession(context, before.session.sid, 'replaced')
}

function tell({ emit, seal, now }: Context, { session }: SessionRecord): void {
  const { sid, issuer, subject, acr, amr, contexts, mfaAt, authTime } = session
  const pseudonym = seal.pseudonym(`${issuer}\n${subject}`)
  emit({ type: 'login', at: now(), sid, subject: pseudonym, acr, amr, contexts, mfa: mfaAt !== null, authTime })
}

async function start(
  context: Context,
  ask: Ask,
  { record, issuedAt }: Extract<Finished, { kind: 'session' }>,
  { returnTo, carry }: Transaction,
  cookies: Resumed['cookies'],
): Promise<LoginFinished> {
  const key = randomKey()
  await context.store.sessions.create(record, keyHash(key, null))
  if (await isOvertaken(context, record, issuedAt)) {
    await endSession(context, record.session.sid, 'back-channel')
    return { kind: 'stale', returnTo, cookies }
  }
  await replacePrevious(context, known(ask.previous, carry))
  tell(context, record)
  return { kind: 'signed-in', key, session: record.session, returnTo, carry, cookies }
}

async function conclude(context: Context, ask: Ask, resumed: Resumed): Promise<LoginFinished> {
  const { transaction, returnTo, cookies } = resumed
  if (!transaction || !(await isFirst(context, transaction))) return { kind: 'stale', returnTo, cookies }
  const { now } = context
  const finished = await finishLogin(context, {
    ...ask,
    device: known(ask.device, transaction.carry),
    transaction,
    now: now(),
  })
  if (finished.kind === 'session') return start(context, ask, finished, transaction, cookies)
  const because = finished.kind === 'refused' ? `${finished.error}: ${finished.because}` : finished.kind
  context.emit({ type: 'login-refused', at: now(), because })
  return finished.kind === 'refused' ? { ...finished, returnTo, cookies } : { ...finished, cookies }
}

export async function signIn(context: Context, ask: Ask): Promise<LoginFinished> {
  const state = ask.url.searchParams.get('state')
  const resumed = resumeTransaction(context.seal, state, ask.cookies, context.now())
  try {
    return await conclude(context, ask, resumed)
  } catch {
    return { kind: 'unavailable', because: STORE_DOWN, cookies: resumed.cookies }
  }
}
