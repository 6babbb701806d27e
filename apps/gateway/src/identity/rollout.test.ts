import { expect, test } from 'vitest'
import { isEnforced } from './rollout.ts'

const kind = 'assertion'
const share = (mode: 'observe' | 'canary' | 'enforce', percent: number): number =>
  Array.from({ length: 2_000 }, (_, i) => isEnforced({ kind, mode, percent }, `sid-${i}`)).filter(Boolean).length / 20

test('observe denies nobody, enforce everybody, canary its share and always the same ones', () => {
  expect([share('observe', 100), share('enforce', 0), share('canary', 0), share('canary', 100)]).toEqual([
    0, 100, 0, 100,
  ])
  expect(share('canary', 25)).toBeGreaterThan(20)
  expect(share('canary', 25)).toBeLessThan(30)
  const small = Array.from({ length: 500 }, (_, i) => `sid-${i}`).filter((who) =>
    isEnforced({ kind, mode: 'canary', percent: 10 }, who),
  )
  expect(small.every((who) => isEnforced({ kind, mode: 'canary', percent: 30 }, who))).toBe(true)
})
