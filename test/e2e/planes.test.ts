import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineIds, have } from '../lab/index.ts'
import { createWorld, type World } from './world.ts'

const say = (value: unknown) => JSON.stringify(value, null, 1)

for (const plane of engineIds) {
  describe.skipIf(!have('netns', 'nft', ...(plane === 'builtin' ? [] : [plane])))(
    `consolidate on ${plane} (netns, nft)`,
    () => {
      let world: World
      beforeAll(async () => {
        world = await createWorld({ plane, hosts: ['payroll', 'wiki'] })
      })
      afterAll(() => world?.close())

      it('is shut at first and names every exposed address and port', async () => {
        const { code, gate, reasons } = await world.verify()
        expect([code, gate]).toEqual([1, 'shut'])
        expect(reasons.map((one) => one.check)).toContain('gate.not-applied')
        for (const host of ['payroll', 'wiki']) {
          const { ipv4, ipv6 } = world.lab.at(host)
          const text = reasons
            .filter((one) => one.backend === host)
            .map((one) => one.because)
            .join('\n')
          expect(text).toContain(`${ipv4}:8080`)
          expect(text).toContain(`[${ipv6}]:8080`)
        }
      })

      it('plans without changing anything', async () => {
        const { code, answer, stderr } = await world.lab.lockgate(['plan', 'consolidate'])
        expect(code, stderr).toBe(0)
        expect((answer as { files: { change: string }[] }).files.every((one) => one.change !== 'same')).toBe(true)
      })

      it('applies, waits for its confirmation, and is open once confirmed and verified', async () => {
        const applied = await world.lab.lockgate(['apply', 'consolidate', '--yes'])
        expect(applied.code, say(applied)).toBe(0)
        expect((applied.answer as { confirmBy: string }).confirmBy).toMatch(/Z$/)
        const waiting = await world.verify()
        expect(
          waiting.reasons.map((one) => one.check),
          say(waiting.reasons),
        ).toEqual(['gate.unconfirmed'])
        const confirmed = await world.lab.lockgate(['confirm'])
        expect(confirmed.code, say(confirmed)).toBe(0)
        const { code, gate, reasons } = await world.verify()
        expect(reasons, say(reasons)).toEqual([])
        expect([code, gate]).toEqual([0, 'open'])
      })

      it('says so in status, and plans nothing more', async () => {
        const status = await world.lab.lockgate(['status'])
        const { stages } = status.answer as { stages: { id: string; gate: string; locked: boolean }[] }
        const gates = stages.map(({ id, gate, locked }) => [id, gate, locked])
        expect(gates.slice(0, 2), say(status)).toEqual([
          ['consolidate', 'open', false],
          ['identity', 'shut', false],
        ])
        const plan = await world.lab.lockgate(['plan', 'consolidate'])
        expect(
          (plan.answer as { files: { change: string }[] }).files.every((one) => one.change === 'same'),
          say(plan),
        ).toBe(true)
      })
    },
  )
}
