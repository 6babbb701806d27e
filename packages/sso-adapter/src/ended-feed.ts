/** Watches what other processes announce in the store: ended sessions and tokens, changed sessions. */
import type { FeedEvent, Store } from './store.ts'

/** Five times in the second within which an end must be known everywhere. */
const EVERY = 200

export interface Feed {
  /** Whether what is remembered may be used: the store answered within the last second. */
  fresh(): boolean
  stop(): Promise<void>
}

export interface FeedListener {
  onEvent(event: FeedEvent): void
  /** Something may have been missed. */
  onLost(): void
}

/** `clock`: milliseconds that only go forward. */
export function watchFeed(store: Store, clock: () => number, listener: FeedListener): Feed {
  let cursor: string | null = null
  let answeredAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | null = null

  const ask = async (): Promise<void> => {
    const askedAt = clock()
    try {
      const page = await store.feed(cursor)
      if (page.lost || cursor === null) listener.onLost()
      cursor = page.cursor
      for (const event of page.events) listener.onEvent(event)
      answeredAt = askedAt
    } catch {
      if (answeredAt !== Number.NEGATIVE_INFINITY) listener.onLost()
      answeredAt = Number.NEGATIVE_INFINITY
    }
  }
  const askOnce = () => {
    running ??= ask().finally(() => {
      running = null
    })
  }
  askOnce()
  const timer = setInterval(askOnce, EVERY)
  timer.unref()
  return {
    fresh: () => clock() - answeredAt < 1_000,
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
