import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLane } from './lane.ts'

test('never more at once than its width, and everything in the end', async () => {
  const lane = createLane(3)
  let running = 0
  let most = 0
  const done = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      lane(async () => {
        most = Math.max(most, ++running)
        await sleep(1)
        running--
        return index
      }),
    ),
  )
  expect(most).toBe(3)
  expect(done).toHaveLength(20)
})

test('what throws makes room for the next', async () => {
  const lane = createLane(1)
  await expect(lane(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(lane(async () => 'yes')).resolves.toBe('yes')
})
