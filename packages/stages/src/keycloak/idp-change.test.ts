import type { Backend } from '@lockgate/model'
import { expect, it } from 'vitest'
import { isWayBack } from './idp-change.ts'

const wiki = [{ id: 'wiki' }] as unknown as readonly Backend[]
const live = { wiki: { mode: 'canary', percent: 10 } } as const

it.each([
  ['none', live, true],
  ['observe', live, true],
  ['canary', live, false],
  ['enforce', live, false],
  ['observe', {}, false],
] as const)('mode %s after %j is a way back: %s', (mode, before, back) => {
  expect(isWayBack(wiki, before, mode)).toBe(back)
})
