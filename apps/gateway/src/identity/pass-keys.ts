/** The keys that sign passes, 64 shards in one file, shared by the processes of a host: to end a session is to withdraw its shard's key. */
import { createPrivateKey, generateKeyPairSync, hash, type KeyObject, randomBytes } from 'node:crypto'
import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from './file-lock.ts'

export const shards = 64
/** The digest's first byte, out of text: a Buffer for each request costs twenty times as much. */
export const shardOf = (sid: string): number => Number.parseInt(hash('sha256', sid, 'hex').slice(0, 2), 16) % shards

interface StoredShard {
  readonly serial: number
  readonly jwk: Readonly<Record<string, string>>
}

interface StoredKeys {
  /** Names this host in key ids. */
  readonly host: string
  readonly shards: readonly StoredShard[]
  /** Sessions that ended less than a pass's lifetime ago, with the time in milliseconds. */
  readonly ended: Readonly<Record<string, number>>
}

export interface ShardKey {
  readonly kid: string
  readonly key: KeyObject
}

export interface PassKeys {
  /** Names this host in key ids. */
  host(): string
  /** Nothing is signed for it any more. */
  hasEnded(sid: string): boolean
  /** null: the session has ended. */
  keyFor(sid: string): ShardKey | null
  /** The shard keys' public halves, as JWKs. */
  publicKeys(): readonly Readonly<Record<string, string>>[]
  /** Resolves when the keys of these sessions' shards are replaced, by this process or another. */
  withdraw(sids: readonly string[]): Promise<void>
  /** Takes over what another process wrote. */
  refresh(): Promise<void>
}

const makeShard = (serial: number): StoredShard => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { serial, jwk: privateKey.export({ format: 'jwk' }) as Record<string, string> }
}

const makeKeys = (): StoredKeys => ({
  host: randomBytes(5).toString('hex'),
  shards: Array.from({ length: shards }, () => makeShard(1)),
  ended: {},
})

const read = async (path: string): Promise<StoredKeys> => JSON.parse(await readFile(path, 'utf8')) as StoredKeys

async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const fresh = `${path}.${process.pid}.new`
  await writeFile(fresh, text, { mode })
  await chmod(fresh, mode)
  await rename(fresh, path)
}

const kidOf = (host: string, shard: number, serial: number): string => `${host}-${shard}-${serial}`

/** The keys of sessions that ended just now are replaced; what ended longer than `kept` milliseconds ago is forgotten. */
function withdrawn(stored: StoredKeys, sids: readonly string[], now: number, kept: number): StoredKeys {
  const touched = new Set(sids.map(shardOf))
  const recent = Object.entries(stored.ended).filter(([, at]) => now - at < kept)
  return {
    host: stored.host,
    shards: stored.shards.map((one, index) => (touched.has(index) ? makeShard(one.serial + 1) : one)),
    ended: { ...Object.fromEntries(recent), ...Object.fromEntries(sids.map((sid) => [sid, now])) },
  }
}

/** For Apache's RewriteMap, which knows nothing but a text file. */
const deniedText = ({ ended }: StoredKeys): string =>
  Object.keys(ended)
    .map((sid) => `${sid} 1\n`)
    .join('')

const stampOf = async (path: string): Promise<string> => {
  const found = await stat(path, { bigint: true })
  return `${found.ino} ${found.mtimeNs}`
}

export interface PassKeysOptions {
  /** `pass.json` in the folder `keys` of the edge's state, which exists; `denied.txt` lies beside that folder. */
  readonly path: string
  /** Lifetime of a pass, in milliseconds. */
  readonly lifetime: number
  readonly now: () => number
}

async function ensure(path: string, denied: string): Promise<void> {
  await withLock(path, async () => {
    const known = await stat(path).catch(() => null)
    if (!known) await replaceFile(path, JSON.stringify(makeKeys()), 0o600)
    await replaceFile(denied, deniedText(await read(path)), 0o644)
  })
}

export async function openPassKeys({ path, lifetime, now }: PassKeysOptions): Promise<PassKeys> {
  const denied = join(dirname(dirname(path)), 'denied.txt')
  // Engines allow half a minute of difference between clocks.
  const kept = lifetime + 60_000
  await ensure(path, denied)
  let stamp = await stampOf(path)
  let stored = await read(path)
  let keys = new Map<number, ShardKey>()

  const take = (next: StoredKeys): void => {
    if (next === stored) return
    const same = (shard: number): boolean => next.shards[shard]?.serial === stored.shards[shard]?.serial
    keys = new Map([...keys].filter(([shard]) => same(shard)))
    stored = next
  }
  const refresh = async (): Promise<void> => {
    const seen = await stampOf(path)
    if (seen === stamp) return
    take(await read(path))
    stamp = seen
  }
  const withdraw = (sids: readonly string[]): Promise<void> =>
    withLock(path, async () => {
      const current = await read(path)
      const fresh = sids.filter((sid) => !Object.hasOwn(current.ended, sid))
      const next = fresh.length === 0 ? current : withdrawn(current, fresh, now(), kept)
      if (next !== current) {
        await replaceFile(path, JSON.stringify(next), 0o600)
        await replaceFile(denied, deniedText(next), 0o644)
      }
      take(next)
      stamp = await stampOf(path)
    })

  return {
    host: () => stored.host,
    hasEnded: (sid) => Object.hasOwn(stored.ended, sid),
    keyFor(sid) {
      if (Object.hasOwn(stored.ended, sid)) return null
      const shard = shardOf(sid)
      const known = keys.get(shard)
      if (known) return known
      const { serial, jwk } = stored.shards[shard] as StoredShard
      const made = { kid: kidOf(stored.host, shard, serial), key: createPrivateKey({ key: jwk, format: 'jwk' }) }
      keys.set(shard, made)
      return made
    },
    publicKeys: () =>
      stored.shards.map(({ serial, jwk: { d: _, ...open } }, shard) => ({
        ...open,
        kid: kidOf(stored.host, shard, serial),
        alg: 'ES256',
        use: 'sig',
      })),
    withdraw: batched(withdraw),
    refresh,
  }
}

/** Sessions that end together (an administrator's sign-out of everybody) cost one replacement. */
function batched(withdraw: (sids: readonly string[]) => Promise<void>): (sids: readonly string[]) => Promise<void> {
  let waiting: string[] = []
  let work: Promise<void> = Promise.resolve()
  return (sids) => {
    const first = waiting.length === 0
    waiting.push(...sids)
    if (!first) return work
    const before = work
    work = (async () => {
      await before.catch(() => undefined)
      await sleep(10)
      const now = waiting
      waiting = []
      await withdraw(now)
    })()
    return work
  }
}
