/** Watches what other processes announce in the store: ended sessions and tokens, changed sessions. */
import type { FeedEvent, Store } from './store.ts'

/** Five times in the second within which an end must be known everywhere. */
const EVERY = 200
/** After so many turns without an answer ends go unheard. Turns and not time: a process that stood still itself has missed nothing yet. */
const SILENT = 5

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
  let unanswered = 0

  const lose = (): void => {
    if (answeredAt !== Number.NEGATIVE_INFINITY) listener.onLost()
    answeredAt = Number.NEGATIVE_INFINITY
  }
  const ask = async (): Promise<void> => {
    const askedAt = clock()
    try {
      const page = await store.feed(cursor)
      if (page.lost || cursor === null) listener.onLost()
      cursor = page.cursor
      for (const event of page.events) listener.onEvent(event)
      answeredAt = askedAt
      unanswered = 0
    } catch {
      lose()
    }
  }
  const askOnce = () => {
    unanswered += 1
    if (unanswered > SILENT) lose()
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
