/** A store in this process: for tests, and for one gateway whose sessions may end with it. */
import { entriesInMemory } from './memory-entries.ts'
import { sessionsInMemory } from './memory-sessions.ts'
import { tokensInMemory } from './memory-tokens.ts'
import { type Announce, FEED_KEPT, type FeedEvent, type FeedPage, type Store, type StoreOptions } from './store.ts'

export function openMemoryStore(options: StoreOptions): Store {
  const announced: { readonly event: FeedEvent; readonly seq: number; readonly at: number }[] = []
  let seq = 0
  let dropped = 0
  const announce: Announce = (event) => {
    seq += 1
    announced.push({ event, seq, at: options.now() })
  }
  const entries = entriesInMemory(options)
  return {
    sessions: sessionsInMemory(options, announce),
    entries,
    tokens: tokensInMemory(announce),
    async feed(cursor): Promise<FeedPage> {
      const after = cursor === null ? seq : Number(cursor)
      const events = announced.filter((one) => one.seq > after).map((one) => one.event)
      return { cursor: String(seq), events, lost: after < dropped }
    },
    async sweep() {
      entries.sweep()
      while (announced[0] && announced[0].at < options.now() - FEED_KEPT) dropped = announced.shift()?.seq ?? dropped
    },
    async close() {},
  }
}
