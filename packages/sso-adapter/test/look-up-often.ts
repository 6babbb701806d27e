/** A process of its own that looks one session up many times at once, when it is told to. */
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSso } from '../src/create-sso.ts'
import { openStore } from '../src/open-store.ts'
import type { SsoSettings } from '../src/options.ts'
import { createIdpLine } from './idp-line.ts'

export interface Work {
  readonly store: string
  readonly sealKey: string
  readonly settings: SsoSettings
  readonly ca: string
  readonly secret: string
  readonly key: string
  readonly times: number
  /** Milliseconds that its clock is ahead. */
  readonly ahead: number
  /** Begins when this file is there. */
  readonly go: string
}

export interface Done {
  /** How many answers of each kind. */
  readonly kinds: Readonly<Record<string, number>>
  readonly refreshes: number
}

const work = JSON.parse(process.argv[2] ?? '') as Work
const now = () => Date.now() + work.ahead
const line = createIdpLine(work.ca)
// So that every process asks while the first refresh is still under way.
line.fault.slowMs = 1_000
const store = openStore(work.store, { now })
const sso = createSso({
  ...{ settings: work.settings, store, now, fetch: line.fetch },
  sealKey: Buffer.from(work.sealKey, 'base64url'),
  credentials: async () => work.secret,
})
console.error('ready')
while (!existsSync(work.go)) await sleep(5)
const answers = await Promise.all(Array.from({ length: work.times }, () => sso.lookup(work.key, null)))
const kinds: Record<string, number> = {}
for (const { kind } of answers) kinds[kind] = (kinds[kind] ?? 0) + 1
console.log(JSON.stringify({ kinds, refreshes: line.counts.refreshes } satisfies Done))
await sso.close()
await store.close()
await line.close()
