import { expect, it } from 'vitest'
import { logoutEffects } from './logout-effects.ts'

const times = { idle: 1_800_000, absolute: 43_200_000, pass: 60_000 }

it.each([
  ['nobody is signed in', null, /^as for a logout$/, /^at the next renewal, at most 60 s later/],
  ['a gateway that does not say', {}, /^as for a logout$/, /^at the next renewal/],
  ['Keycloak', { renews: true, told: true }, /^as for a logout$/, /^at the next renewal/],
  [
    'Spring Authorization Server',
    { renews: true, told: false },
    /announces none: at the next renewal.*if it ends/,
    /^at the/,
  ],
  ['no refresh token', { renews: false, told: true }, /^as for a logout$/, /^at the session's end, up to 12 h/],
  [
    'neither',
    { renews: false, told: false },
    /announces none: at the session's end, up to 12 h/,
    /^at the session's end/,
  ],
])('%s', (_title, session, told, renewal) => {
  const effects = logoutEffects(times, session)
  expect(effects.told).toMatch(told)
  expect(effects.renewal).toMatch(renewal)
})
