import { createAssertionKey, publicJwks, renewAssertionKeys } from '@lockgate/assertion/issue'
import { describe, expect, it } from 'vitest'

const hour = 3_600_000
const day = 24 * hour
const kids = (keys: readonly { readonly jwk: { readonly kid?: string } }[]) => keys.map((one) => one.jwk.kid)

describe('the keys of assertions', () => {
  it('are made when there are none, and stay while they are young', async () => {
    const keys = await renewAssertionKeys([], 0)
    expect(keys.length).toBe(1)
    expect(await renewAssertionKeys(keys, 29 * day)).toBe(keys)
  })

  it('announce a successor an hour before it signs, and retire an hour after', async () => {
    const first = await renewAssertionKeys([], 0)
    const both = await renewAssertionKeys(first, 30 * day - hour)
    expect(both.map((one) => one.signsFrom)).toEqual([0, 30 * day])
    expect(await renewAssertionKeys(both, 30 * day - 1)).toBe(both)
    expect(await renewAssertionKeys(both, 30 * day + hour - 1)).toBe(both)
    expect(kids(await renewAssertionKeys(both, 30 * day + hour))).toEqual(kids(both.slice(1)))
  })

  it('sign on when the gateway was off for longer than a period', async () => {
    const first = await renewAssertionKeys([], 0)
    expect(kids(await renewAssertionKeys(first, 90 * day))[0]).toBe(first[0]?.jwk.kid)
  })

  it('are published without their private half', async () => {
    const { keys } = publicJwks([await createAssertionKey(0)])
    expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  })
})
