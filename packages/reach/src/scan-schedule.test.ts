import { describe, expect, test } from 'vitest'
import type { PortProbe, ProbeAnswer } from './scan-flight.ts'
import { scheduleScan } from './scan-schedule.ts'

/** A network made of a rule: what the nth attempt is answered, after how many milliseconds; null is silence. */
type Rule = (port: number, attempt: number) => readonly [ProbeAnswer, number] | null

function network(rule: Rule) {
  const attempts = new Map<string, number>()
  const seen = { open: 0, most: 0, attempts }
  const probe: PortProbe = (host, port, answered) => {
    const key = `${host} ${port}`
    const attempt = (attempts.get(key) ?? 0) + 1
    attempts.set(key, attempt)
    seen.open += 1
    seen.most = Math.max(seen.most, seen.open)
    let over = false
    const end = (): boolean => {
      if (over) return false
      over = true
      seen.open -= 1
      return true
    }
    const answer = rule(port, attempt)
    if (answer) setTimeout(() => end() && answered(answer[0]), answer[1])
    return () => void end()
  }
  return { probe, seen }
}

const ports = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)
const limits = { open: 1_000, window: 100 }

describe('scheduleScan', () => {
  test('every port of every host is asked once where all answer', async () => {
    const { probe, seen } = network((port) => [port % 50 === 0 ? 'open' : 'refused', 1])
    const found = await scheduleScan(
      probe,
      [
        { host: 'a', ports: ports(1_000) },
        { host: 'b', ports: ports(30) },
      ],
      limits,
    )
    expect(found).toMatchObject([
      { refused: 980, timedOut: 0 },
      { refused: 30, open: [] },
    ])
    expect(found[0]?.open).toEqual(ports(20).map((index) => index * 50))
    expect(new Set(seen.attempts.values())).toEqual(new Set([1]))
    expect(seen.most).toBeLessThanOrEqual(100)
  })

  test('a lost first packet loses no open port', async () => {
    const { probe } = network((port, attempt) => (attempt === 1 && port % 3 === 0 ? null : ['open', 1]))
    const [found] = await scheduleScan(probe, [{ host: 'a', ports: ports(300) }], limits, { timeoutMs: 200 })
    expect(found?.open).toEqual(ports(300))
  })

  test('where answers come only to a second attempt, ports that stay silent are asked more often', async () => {
    const { probe } = network((port, attempt) => (attempt < (port % 2 ? 2 : 3) ? null : ['open', 1]))
    const [found] = await scheduleScan(probe, [{ host: 'a', ports: ports(20) }], limits, { timeoutMs: 100 })
    expect(found?.open).toEqual(ports(20))
  })

  test('a late answer to the first attempt counts, though a second one is under way', async () => {
    const { probe } = network((_port, attempt) => (attempt === 1 ? ['open', 180] : null))
    const [found] = await scheduleScan(probe, [{ host: 'a', ports: [1] }], limits, { timeoutMs: 200 })
    expect(found?.open).toEqual([1])
  })

  test('silence is timed out after all attempts, and does not hold back what answers', async () => {
    const { probe, seen } = network((port) => (port % 2 ? null : ['refused', 1]))
    const started = performance.now()
    const [found] = await scheduleScan(probe, [{ host: 'a', ports: ports(600) }], limits, {
      timeoutMs: 300,
      retries: 2,
    })
    expect(found).toMatchObject({ timedOut: 300, refused: 300, failed: 0 })
    expect(seen.attempts.get('a 1')).toBe(3)
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(seen.open).toBe(0)
  })

  test('no retries means one attempt', async () => {
    const { probe, seen } = network(() => null)
    await scheduleScan(probe, [{ host: 'a', ports: [1] }], limits, { timeoutMs: 50, retries: 0 })
    expect(seen.attempts.get('a 1')).toBe(1)
  })

  test('more is never open than may be', async () => {
    const { probe, seen } = network(() => null)
    await scheduleScan(probe, [{ host: 'a', ports: ports(100) }], { open: 10, window: 100 }, { timeoutMs: 40 })
    expect(seen.most).toBe(10)
    expect([...seen.attempts.values()]).toEqual(ports(100).map(() => 2))
  })

  test('busy is asked again and never an answer', async () => {
    const { probe } = network((port, attempt) => (attempt < 4 ? ['busy', 1] : [port === 7 ? 'open' : 'refused', 1]))
    const [found] = await scheduleScan(probe, [{ host: 'a', ports: ports(200) }], limits, { timeoutMs: 200 })
    expect(found).toMatchObject({ open: [7], refused: 199, failed: 0, timedOut: 0 })
  })

  test('a port that is nothing but busy fails in the end', async () => {
    const { probe } = network((port) => [port === 1 ? 'busy' : 'refused', 1])
    const [found] = await scheduleScan(probe, [{ host: 'a', ports: [1, 2] }], limits)
    expect(found).toMatchObject({ failed: 1, refused: 1 })
  })

  test('an abort rejects with its reason and leaves nothing open', async () => {
    const { probe, seen } = network(() => null)
    const reason = new Error('enough')
    const control = new AbortController()
    const scan = scheduleScan(probe, [{ host: 'a', ports: ports(50) }], limits, { signal: control.signal })
    setTimeout(() => control.abort(reason), 30)
    await expect(scan).rejects.toBe(reason)
    expect(seen.open).toBe(0)
    await expect(scheduleScan(probe, [], limits, { signal: control.signal })).rejects.toBe(reason)
  })

  test('nothing to ask is done at once', async () => {
    const { probe } = network(() => null)
    expect(await scheduleScan(probe, [{ host: 'a', ports: [] }], limits)).toMatchObject([{ host: 'a', open: [] }])
  })
})
