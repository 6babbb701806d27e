import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { watchFeed } from '../src/ended-feed.ts'
import { openMemoryStore } from '../src/memory-store.ts'

test('who remembers sessions is told when the store falls silent, with or without an error, and each time', async () => {
  const store = openMemoryStore({ now: Date.now })
  let mode: 'answers' | 'hangs' | 'fails' = 'answers'
  let lost = 0
  let release = (): void => undefined
  const feed = watchFeed(
    {
      ...store,
      async feed(cursor) {
        if (mode === 'fails') throw new Error('away')
        if (mode === 'hangs')
          await new Promise<void>((resolve) => {
            release = resolve
          })
        return store.feed(cursor)
      },
    },
    () => performance.now(),
    { onEvent: () => undefined, onLost: () => lost++ },
  )
  const until = async (holds: () => boolean): Promise<void> => {
    for (let tries = 0; !holds(); await sleep(50)) if (++tries > 200) throw new Error('not within 10 s')
  }
  await until(() => feed.fresh())
  const atStart = lost
  mode = 'hangs'
  await until(() => lost === atStart + 1)
  expect(feed.fresh()).toBe(false)
  mode = 'answers'
  release()
  await until(() => feed.fresh())
  mode = 'fails'
  await until(() => lost === atStart + 2)
  mode = 'answers'
  await until(() => feed.fresh())
  await feed.stop()
  expect(lost).toBe(atStart + 2)
})
