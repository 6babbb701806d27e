/** Opens what identity needs for given settings (store, sign-on, keys), and closes it again. */
import { createAssertionIssuer } from '@lockgate/assertion/issue'
import { type GatewayConfig, type GatewayIdentity, resolveSecret } from '@lockgate/model'
import { createSeal, createSso, openStore, type Sso, type Store } from '@lockgate/sso-adapter'
import type { Log } from '../log.ts'
import { type AssertionKeys, openAssertionKeys } from './assertion-keys-file.ts'
import { createAssertions } from './assertions.ts'
import { type AuditRecord, createDecisionLog } from './audit.ts'
import { createKeptAnswers, type KeptAnswers } from './kept-answers.ts'
import { publishPassKeys } from './pass-jwks.ts'
import { openPassKeys, type PassKeys } from './pass-keys.ts'
import { createPasses, type Passes } from './passes.ts'
import { createRecent } from './recent.ts'
import { originOf, type Tools } from './site.ts'
import { openStateFolder, type StateFolder, sealKeyOf } from './state-folder.ts'

export interface ToolsOptions {
  readonly edge: string
  readonly role: NonNullable<GatewayConfig['role']>
  readonly settings: GatewayIdentity
  readonly env: NodeJS.ProcessEnv
  readonly write: (record: AuditRecord) => void
  readonly log: Log
  readonly now: () => number
}

export interface OpenTools extends Tools {
  /** Stops watching and closes the store. */
  close(): Promise<void>
}

/** Keys are looked at, and published anew, this often. */
const keysEveryMs = 60_000

function openSso(options: ToolsOptions, store: Store, sealKey: Uint8Array): Sso {
  const { settings, env, log, write, now } = options
  const { client } = settings
  return createSso({
    settings: { ...settings, origin: originOf(settings.origin), clientId: client.id },
    store,
    sealKey,
    credentials: async () =>
      client.secret &&
      resolveSecret(client.secret, { key: 'identity.client.secret', dir: process.cwd(), env, code: 'LG3201' }),
    idpCa: settings.idpCa,
    ...(settings.scope !== undefined && { scope: settings.scope }),
    onEvent: write,
    onProblem: (problem) => log.warn({ problem }, 'sign-on'),
    now,
  })
}

/** Who is told that a session has ended must not be let in by it a moment later. */
const forgetting = (sso: Sso, forget: (sid: string) => void): Sso => ({
  ...sso,
  async end(sid, because, postLogout) {
    const ended = await sso.end(sid, because, postLogout)
    forget(sid)
    return ended
  },
  async backChannelLogout(body) {
    const outcome = await sso.backChannelLogout(body)
    for (const sid of outcome.ended) forget(sid)
    return outcome
  },
})

const openKept = ({ role, settings, log, now }: ToolsOptions, hears: () => boolean): KeptAnswers | null =>
  role === 'decide' && settings.kept !== undefined
    ? createKeptAnswers({ folder: settings.kept, log, now, hears })
    : null

export const storeAddress = ({ store }: GatewayIdentity, folder: StateFolder): string =>
  store === 'sqlite' ? `sqlite:${folder.sessions}` : store

const openKeys = ({ role, settings, now }: ToolsOptions, folder: StateFolder): Promise<PassKeys> | null =>
  role === 'decide' ? openPassKeys({ path: folder.passKeys, lifetime: settings.session.pass, now }) : null

/** null where the engine looks sessions up in a list. */
const passesOf = ({ settings, now }: ToolsOptions, keys: PassKeys): Passes | null =>
  settings.passes === 'listed'
    ? null
    : createPasses({
        keys,
        issuer: originOf(settings.origin),
        lifetime: settings.session.pass,
        brief: settings.passes === 'brief',
        now,
      })

/** Does something every minute, and says where it fails. */
function everyMinute(log: Log, work: () => Promise<unknown>): NodeJS.Timeout {
  const run = (): void =>
    void work().catch((error: unknown) =>
      log.warn({ because: String(error) }, 'keys could not be renewed or published'),
    )
  return setInterval(run, keysEveryMs).unref()
}

type Publish = () => Promise<void>

const publisher =
  ({ now }: ToolsOptions, { entries }: Store, passKeys: PassKeys | null): Publish =>
  async () => {
    if (passKeys) await publishPassKeys({ entries, now }, passKeys)
  }

function keepKeys({ log }: ToolsOptions, keys: AssertionKeys, publish: Publish): NodeJS.Timeout {
  // A store that is down at start gets them a minute later; engines of this host do not need it for that.
  publish().catch(() => undefined)
  return everyMinute(log, () => Promise.all([keys.refresh(), publish()]))
}

/** Engines of this host learn it from the file; those of other gateways from what is published, and from their own lists. */
async function withdrawKey(log: Log, passKeys: PassKeys, publish: Publish, sid: string): Promise<void> {
  await passKeys.withdraw([sid]).catch((error) => log.error({ err: error }, 'a pass key stays'))
  await publish().catch((error: unknown) => log.warn({ because: String(error) }, 'keys could not be published'))
}

/** Rejects where the state folder cannot be used; IdP and store may be down. */
export async function openTools(options: ToolsOptions): Promise<OpenTools> {
  const { edge, settings, env, log, write, now } = options
  const folder = await openStateFolder(settings.state, edge)
  const sealKey = await sealKeyOf(folder, env.LOCKGATE_SEAL_KEY)
  const assertionKeys = await openAssertionKeys(folder.assertionKeys, now)
  const passKeys = await openKeys(options, folder)
  const store = openStore(storeAddress(settings, folder), { now })
  const recent = createRecent(now)
  const own = openSso(options, store, sealKey)
  const kept = openKept(options, own.hears)
  const forget = (sid: string): void => {
    recent.forget(sid)
    kept?.withdraw(sid)
  }
  const sso = forgetting(own, forget)
  const issuer = createAssertionIssuer({ keys: assertionKeys.current, now })
  const assertions = createAssertions(issuer, now)
  const publish = publisher(options, store, passKeys)
  const timer = keepKeys(options, assertionKeys, publish)
  sso.onEnded((ended) => {
    assertions.forget('sid' in ended ? ended.sid : ended.token)
    if ('sid' in ended) forget(ended.sid)
    if ('sid' in ended && passKeys) void withdrawKey(log, passKeys, publish, ended.sid)
  })
  sso.onMissed(() => kept?.withdrawAll())
  return {
    sso,
    recent,
    kept,
    entries: store.entries,
    seal: createSeal(sealKey),
    issuer,
    assertions,
    assertionKeys,
    passKeys,
    passes: passKeys && passesOf(options, passKeys),
    write,
    decisions: createDecisionLog(write),
    log,
    now,
    async close() {
      clearInterval(timer)
      kept?.close()
      await sso.close()
      await store.close()
    },
  }
}
