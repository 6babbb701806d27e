import type { Session } from '@lockgate/sso-adapter'
import { describe, expect, test } from 'vitest'
import { isAboutToChange, keptUntil } from './kept-life.ts'

const now = 1_000_000_000
const minute = 60_000
const never = { need: null, passEnds: now + 10 * minute, toldEnds: Number.POSITIVE_INFINITY } as const
const usual = { idle: 30 * minute, pass: minute }
const session = (facts: Partial<Session> = {}): Session =>
  ({ renewAt: null, mfaAt: null, ...facts }) as Partial<Session> as Session

describe('how long a yes may be kept', () => {
  const need = { acr: [], maxAge: 5 * minute }
  test.each([
    ['to the end of its pass', { ...never, passEnds: now + 58_000 }, usual, {}, 58_000],
    ['until the session may be renewed', never, usual, { renewAt: now + minute }, 40_000],
    ['a tenth of the idle time', never, { idle: minute, pass: minute }, {}, 6_000],
    ['as long as its assertion is good', { ...never, toldEnds: now + 89_000 }, usual, {}, 79_000],
    [
      'until a step-up is due, and half a minute for clocks',
      { ...never, need },
      usual,
      { mfaAt: now - 4 * minute },
      90_000,
    ],
  ] as const)('%s', (_, asked, settings, facts, expected) => {
    expect(keptUntil({ ...asked, session: session(facts), settings }, now) - now).toBe(expected)
  })

  test('not at all where the renewal is due before a moment is over, whichever pass was shown', () => {
    const due = (ms: number) => isAboutToChange(null, session({ renewAt: now + ms }), now)
    expect([due(2_000), due(1_999), due(-1)]).toEqual([false, true, true])
  })

  test('not at all where a step-up is due before a moment is over', () => {
    const seconds = { acr: [], maxAge: 8_000 }
    const age = (ms: number) => isAboutToChange(seconds, session({ mfaAt: now - ms }), now)
    expect([age(0), age(13_000), age(14_500)]).toEqual([false, false, true])
    expect(isAboutToChange(null, session(), now)).toBe(false)
  })
})
