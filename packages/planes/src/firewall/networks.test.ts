import { LockgateError } from '@lockgate/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { networksOf } from './networks.ts'

describe('networksOf', () => {
  test.each([
    ['sorts', ['10.0.0.2', '10.0.0.1'], ['10.0.0.1', '10.0.0.2'], []],
    ['masks host bits', ['10.0.0.5/24'], ['10.0.0.0/24'], []],
    ['drops what another contains', ['10.0.0.5', '10.0.0.0/24', '10.0.0.0/25'], ['10.0.0.0/24'], []],
    ['drops duplicates in other spellings', ['fd00::1', 'FD00:0:0::0001'], [], ['fd00::1']],
    ['reads an embedded IPv4 address', ['::ffff:10.0.0.1'], [], ['::ffff:a00:1']],
    ['keeps a whole address as an address', ['10.0.0.1/32', 'fd00::1/128'], ['10.0.0.1'], ['fd00::1']],
    ['takes everything', ['0.0.0.0/0', '10.0.0.1', '::/0', 'fd00::1'], ['0.0.0.0/0'], ['::/0']],
    ['shortens the longest run of zeros', ['1:0:0:2:0:0:0:3'], [], ['1:0:0:2::3']],
    ['keeps a single zero group', ['1:2:3:0:5:6:7:8'], [], ['1:2:3:0:5:6:7:8']],
    ['shortens at the end', ['fd00:1::/64'], [], ['fd00:1::/64']],
  ])('%s', (_title, input, v4, v6) => expect(networksOf(input)).toEqual({ v4, v6 }))

  test.each([['10.0.0'], ['10.0.0.0/33'], ['fd00::/129'], ['host'], ['10.0.0.1/x'], ['']])('refuses %j', (input) =>
    expect(() => networksOf([input])).toThrow(LockgateError),
  )

  test('gives every address back as it was, in its own spelling or a shorter one', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const { v6 } = networksOf([address])
        expect(new URL(`http://[${v6[0]}]/`).hostname).toBe(new URL(`http://[${address}]/`).hostname)
      }),
      { numRuns: 300 },
    )
  })
})
