/** The public halves of all keys that sign passes: this host's from its file, the other gateways' from the store. */
import type { PassKeys } from './pass-keys.ts'
import type { Site } from './site.ts'

const collection = 'gateway-pass-keys'
/** Milliseconds; published again well before. */
const publishedMs = 300_000

interface Jwks {
  readonly keys: readonly unknown[]
}

/** Called after each change, and once a minute. */
export const publishPassKeys = (site: Pick<Site, 'entries' | 'now'>, keys: PassKeys): Promise<void> =>
  site.entries.put(collection, keys.host(), JSON.stringify(keys.publicKeys()), site.now() + publishedMs)

async function ofOthers({ entries, passKeys }: Site): Promise<readonly unknown[]> {
  const published = await entries.list(collection).catch(() => [])
  return published
    .filter(({ name }) => name !== passKeys?.host())
    .flatMap(({ value }) => JSON.parse(value) as readonly unknown[])
}

export async function passJwks(site: Site): Promise<Jwks> {
  await site.passKeys?.refresh()
  return { keys: [...(site.passKeys?.publicKeys() ?? []), ...(await ofOthers(site))] }
}
