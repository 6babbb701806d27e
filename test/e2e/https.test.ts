import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineIds, have } from '../lab/index.ts'
import { createWorld, type World } from './world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)

for (const plane of engineIds) {
  const parts = ['netns', 'nft', 'openssl', ...(plane === 'builtin' ? [] : [plane])] as const
  describe.skipIf(!have(...parts))(`consolidate over https on ${plane} (${parts.join(', ')})`, () => {
    let world: World
    beforeAll(async () => {
      world = await createWorld({ plane, hosts: ['payroll'] })
      const { lab, config } = world
      const pair = await lab.authority.issue('payroll', ['payroll.acme.test'])
      const { ipv4, ipv6 } = lab.at('edge')
      const listen = [ipv4, `[${ipv6}]`].flatMap((address) => [`http://${address}:80`, `https://${address}:443`])
      Object.assign(config.edges[0] as object, { listen, tls: { ...pair, ca: lab.authority.ca } })
      Object.assign(config.backends[0] as object, { public: 'https://payroll.acme.test' })
      lab.yaml(config)
    })
    afterAll(() => world?.close())

    it('opens, with the certificate checked against the named CA', async () => {
      const applied = await world.lab.lockgate(['apply', 'consolidate', '--yes', '--confirm-within', '0'])
      expect(applied.code, say(applied)).toBe(0)
      const { code, reasons } = await world.verify()
      expect(reasons, say(reasons)).toEqual([])
      expect(code).toBe(0)
    })

    it('is shut where the certificate is not trusted', async () => {
      const changed = structuredClone(world.config)
      const { tls } = changed.edges[0] as unknown as { tls: object }
      Object.assign(changed.edges[0] as object, {
        tls: { ...tls, ca: undefined },
      })
      world.lab.yaml(changed)
      const { code, reasons } = await world.verify()
      expect([code, reasons.map((one) => one.check)], say(reasons)).toEqual([
        1,
        expect.arrayContaining(['consolidate.brokered']),
      ])
      world.lab.yaml(world.config)
    })
  })
}
