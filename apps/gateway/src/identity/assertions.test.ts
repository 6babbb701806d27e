import type { Identity } from '@lockgate/assertion'
import { expect, test } from 'vitest'
import { createAssertions } from './assertions.ts'

const origin = 'https://payroll.acme.test'
const ana = (groups: readonly string[]) => ({ sub: 'ana', groups }) as unknown as Identity

function stand() {
  const clock = { now: 1_000_000 }
  const issuer = { issue: async (_origin: string, { groups }: Identity) => `of ${groups.join()}` }
  const assertions = createAssertions(issuer as never, () => clock.now)
  const get = async (renewAt: number, groups: readonly string[]) =>
    (await assertions.get('sid-1', origin, renewAt, () => ana(groups))).token
  return { clock, get }
}

test('is given again until the renewal, and not from there on', async () => {
  const { clock, get } = stand()
  const renewAt = clock.now + 5_000
  expect(await get(renewAt, ['sales'])).toBe('of sales')
  expect(await get(renewAt, ['seen by nobody'])).toBe('of sales')
  clock.now = renewAt
  expect(await get(renewAt, ['staff'])).toBe('of staff')
})

test('is made anew for a session that was renewed before that was due: a group may be gone', async () => {
  const { clock, get } = stand()
  expect(await get(clock.now + 5_000, ['sales'])).toBe('of sales')
  clock.now += 3_400
  expect(await get(clock.now + 5_000, ['staff'])).toBe('of staff')
})
