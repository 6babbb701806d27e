import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createIsoTime } from './iso-time.ts'

test('is what Date says, for any times in any order', () => {
  const iso = createIsoTime()
  const times = fc.integer({ min: 0, max: 4_000_000_000_000 })
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 2_000 }), (at, later) => {
      for (const ms of [at, at + later, at + 0.7]) expect(iso(ms)).toBe(new Date(ms).toISOString())
    }),
  )
})
