import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { have } from '../lab/index.ts'
import { createIdentityWorld, type IdentityWorld } from './identity-world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)

for (const plane of ['builtin'] as const)
  describe.skipIf(!have('netns', 'nft', 'openssl'))(`stage identity on ${plane} (netns, nft, openssl)`, () => {
    let world: IdentityWorld
    beforeAll(async () => {
      world = await createIdentityWorld(plane)
    })
    afterAll(() => world?.close())

    it('is locked while consolidate is shut', async () => {
      const { code, answer } = await world.lab.lockgate(['apply', 'identity', '--yes'])
      expect([code, say(answer)]).toEqual([1, expect.stringContaining('LG2001')])
    })

    it('opens after it was observed, and enforced wave by wave', async () => {
      await world.apply('consolidate')
      const consolidated = await world.verify('consolidate')
      expect(consolidated.reasons, say(consolidated.reasons)).toEqual([])
      await world.apply('identity', '--wave', 'pilot', '--mode', 'observe')
      const observed = await world.verify('identity')
      expect(observed.reasons.map((one) => one.check)).toEqual(
        expect.arrayContaining(['gate.not-applied', 'gate.not-enforced', 'identity.anonymous']),
      )
      await world.apply('identity', '--wave', 'pilot')
      await world.apply('identity', '--wave', 'rest')
      const before = await world.verify('identity')
      expect(before.reasons.map((one) => one.because).join('\n')).toContain('lockgate login')
      await world.login('ana')
      const { reasons, gate, code } = await world.verify('identity')
      expect(reasons, say(reasons)).toEqual([])
      expect([code, gate]).toEqual([0, 'open'])
      const still = await world.verify('consolidate')
      expect(still.reasons, say(still.reasons)).toEqual([])
    }, 600_000)
  })
